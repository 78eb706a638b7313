/* Which addresses may be called because a customer named them: those that all the world can reach. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

/* Of IPv4 and IPv6; false of what is private, local, multicast, mapped, translated or otherwise special. */
bool address_is_public(const struct sockaddr *address);
