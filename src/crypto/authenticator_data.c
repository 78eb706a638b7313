#include "crypto/authenticator_data.h"
#include "crypto/cbor.h"
#include "crypto/hash.h"
#include <fido/param.h>

enum { COUNTER_SIZE = 4, AAGUID_SIZE = 16, LENGTH_SIZE = 2 };

static bool take(struct text *rest, size_t size, struct text *part)
{
    if (size > rest->length)
        return false;
    *part = text_slice(*rest, 0, size);
    *rest = text_slice(*rest, size, rest->length);
    return true;
}

static bool take_item(struct text *rest, struct text *item)
{
    size_t size;
    return cbor_measure(*rest, &size) && take(rest, size, item);
}

static int64_t big_endian(struct text bytes)
{
    int64_t number = 0;
    for (size_t i = 0; i < bytes.length; i++)
        number = number << 8 | (unsigned char)bytes.data[i];
    return number;
}

static bool read_attested(struct text *rest, struct authenticator_data *data)
{
    struct text aaguid, length;
    return take(rest, AAGUID_SIZE, &aaguid) && take(rest, LENGTH_SIZE, &length)
        && take(rest, (size_t)big_endian(length), &data->credential_id) && data->credential_id.length > 0
        && data->credential_id.length <= CREDENTIAL_ID_MAX && take_item(rest, &data->key);
}

bool authenticator_data_read(struct text bytes, bool attested, struct authenticator_data *data)
{
    struct text rest = bytes, flags, counter;
    *data = (struct authenticator_data){};
    if (!take(&rest, SHA256_SIZE, &data->relying_party_hash) || !take(&rest, 1, &flags)
        || !take(&rest, COUNTER_SIZE, &counter))
        return false;
    data->flags = (unsigned char)flags.data[0];
    data->state = (struct webauthn_state){ .sign_count = big_endian(counter),
                                           .user_verified = data->flags & CTAP_AUTHDATA_USER_VERIFIED };
    bool has_credential = data->flags & CTAP_AUTHDATA_ATT_CRED,
         extended = data->flags & CTAP_AUTHDATA_EXT_DATA;
    return has_credential == attested && (!attested || read_attested(&rest, data))
        && (!extended || take_item(&rest, &data->extensions)) && rest.length == 0;
}

enum webauthn_fault authenticator_data_judge(const struct authenticator_data *data,
                                             const struct webauthn_demand *demand)
{
    unsigned char wanted[SHA256_SIZE];
    sha256(demand->relying_party, wanted);
    if (!text_equal(data->relying_party_hash, TEXT_BYTES(wanted)))
        return WEBAUTHN_RELYING_PARTY;
    if (!(data->flags & CTAP_AUTHDATA_USER_PRESENT))
        return WEBAUTHN_PRESENCE;
    return demand->verification && !data->state.user_verified ? WEBAUTHN_VERIFICATION : WEBAUTHN_SOUND;
}
