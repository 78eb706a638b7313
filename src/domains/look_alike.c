#include "domains/look_alike.h"
#include <pthread.h>
#include <unicode/uspoof.h>

enum { SKELETON_MAX = 1'024 };

static USpoofChecker *checker;

/* Highly restrictive: one script, or one of the mixtures that East Asian names are written in. */
static void open_checker(void)
{
    UErrorCode status = U_ZERO_ERROR;
    checker = uspoof_open(&status);
    uspoof_setRestrictionLevel(checker, USPOOF_HIGHLY_RESTRICTIVE);
    uspoof_setChecks(checker, USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE | USPOOF_MIXED_NUMBERS, &status);
}

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            return false;
    return true;
}

/* Does it reduce to letters of ASCII, which it is not written with? */
static bool spells_ascii(struct text label)
{
    char skeleton[SKELETON_MAX];
    UErrorCode status = U_ZERO_ERROR;
    int32_t length = uspoof_getSkeletonUTF8(checker, 0, label.data, (int32_t)label.length, skeleton,
                                            sizeof skeleton, &status);
    return U_FAILURE(status) || is_ascii((struct text){ skeleton, (size_t)length });
}

static bool is_suspect(struct text label)
{
    UErrorCode status = U_ZERO_ERROR;
    if (is_ascii(label))
        return false;
    int32_t found = uspoof_check2UTF8(checker, label.data, (int32_t)label.length, NULL, &status);
    return U_FAILURE(status) || found != 0 || spells_ascii(label);
}

bool looks_like_another(struct text domain)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_checker);
    while (domain.length > 0)
        if (is_suspect(text_cut(&domain, '.')))
            return true;
    return false;
}
