/* A key ring's text: what is read has a key for each purpose, with an id that needs no escaping. */
#include "crypto/keyring.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keyring *keyring;
    struct error error = {};
    if (!keyring_read(&keyring, (struct text){ (const char *)data, size }, &error)) {
        assert(error.code == ERROR_internal);
        return 0;
    }
    for (enum key_purpose purpose = 0; purpose < KEY_PURPOSE_COUNT; purpose++) {
        const char *id = keyring_current(keyring, purpose)->id;
        assert(*id && strlen(id) <= KEY_ID_MAX && !strpbrk(id, ".\"\\ \n$"));
        assert(keyring_find(keyring, purpose, text_from(id)) == keyring_current(keyring, purpose));
    }
    keyring_close(keyring);
    return 0;
}
