#include "net/address.h"
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct network {
    uint32_t start; /* the first 32 bits */
    int bits;
};

/* clang-format off */
/* IANA's registries of special-purpose addresses, and multicast. */
static const struct network special_ipv4[] = {
    { 0x00000000, 8 },  /* this network */
    { 0x0a000000, 8 },  /* private */
    { 0x64400000, 10 }, /* shared by carriers */
    { 0x7f000000, 8 },  /* loopback */
    { 0xa9fe0000, 16 }, /* link-local */
    { 0xac100000, 12 }, /* private */
    { 0xc0000000, 24 }, /* protocol assignments */
    { 0xc0000200, 24 }, /* documentation */
    { 0xc0586300, 24 }, /* 6to4 relays */
    { 0xc0a80000, 16 }, /* private */
    { 0xc6120000, 15 }, /* benchmarks */
    { 0xc6336400, 24 }, /* documentation */
    { 0xcb007100, 24 }, /* documentation */
    { 0xe0000000, 4 },  /* multicast */
    { 0xf0000000, 4 },  /* reserved, broadcast */
};

/* Within 2000::/3; all that is outside of it is no global unicast address, mapped and translated ones too. */
static const struct network special_ipv6[] = {
    { 0x20010000, 23 }, /* protocol assignments: Teredo, benchmarks, ORCHID */
    { 0x20010db8, 32 }, /* documentation */
    { 0x20020000, 16 }, /* 6to4: holds an IPv4 address */
    { 0x3fff0000, 20 }, /* documentation */
};
/* clang-format on */

static bool holds(const struct network *network, uint32_t address)
{
    return (address ^ network->start) >> (32 - network->bits) == 0;
}

static bool is_in(const struct network *networks, size_t count, uint32_t address)
{
    for (size_t i = 0; i < count; i++)
        if (holds(&networks[i], address))
            return true;
    return false;
}

static bool is_public_ipv6(const struct in6_addr *address)
{
    static const struct network global_unicast = { 0x20000000, 3 };
    const uint8_t *byte = address->s6_addr;
    uint32_t start =
        (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | (uint32_t)byte[3];
    return holds(&global_unicast, start)
        && !is_in(special_ipv6, sizeof special_ipv6 / sizeof *special_ipv6, start);
}

bool address_is_public(const struct sockaddr *address)
{
    switch (address->sa_family) {
    case AF_INET:
        return !is_in(special_ipv4, sizeof special_ipv4 / sizeof *special_ipv4,
                      ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    case AF_INET6: return is_public_ipv6(&((const struct sockaddr_in6 *)address)->sin6_addr);
    default: return false;
    }
}
