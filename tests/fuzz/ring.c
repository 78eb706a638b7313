#include "ring.h"
#include <stdlib.h>

struct keyring *ring(void)
{
    static const char text[] = "seal a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
                               "pepper a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
                               "sign a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
                               "cookie a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n";
    static struct keyring *keyring;
    struct error error;
    if (!keyring && !keyring_read(&keyring, text_from(text), &error))
        abort();
    return keyring;
}
