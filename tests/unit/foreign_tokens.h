/* Made once by python3-cryptography, which shares no code with ours: keys, and tokens that they signed. */
#pragma once

#define KEY_SET                                                                                              \
    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rs256\",\"use\":\"sig\",\"alg\":\"RS256\",\"n\":"                 \
    "\"sJA2q6XNeOitTLrubkAAmSDHL"                                                                            \
    "ooPIZ5pxKANX1L8zysB9rK8-lLmVhjGvvzWlQn8lcgeSHjbw1ibkFyew3fvvjm7OOcE4mnZ6r0wPhvJLbV-ic4YPgSxH"           \
    "psrUZ6AHBWoMefHTwiwjhaWnkFfvYwi3dotiXXXWbTeBEgQc-aNTKtRGy_VkxNLTC9wFS9ZKscbKt18EbBMXtQOxsxSu"           \
    "UTN4ixvCgVolLdpijtO07HoE8TG5UCGNCWCAAjMrtRCq4hk_Xo2EG4phpRJ51xawj4krsCpD_ZguITtXqfyP85HQq_VA"           \
    "aEK5NJbB8HQtQ17HvYE3S7lh6YHqONrbo9nXD8DYQ\",\"e\":\"AQAB\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":" \
    "\"es25"                                                                                                 \
    "6\",\"use\":\"sig\",\"alg\":\"ES256\",\"x\":\"NPZoECFbXXY3N4Lt32CycU_8gOSprA1dQxxvlgCkpB8\",\"y\":"     \
    "\"S1_EWeVw"                                                                                             \
    "PRZGkxf0t-FKO_z5YSssQ7bJU3DMciiKU24\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"eddsa\",\"use\":" \
    "\"sig\""                                                                                                \
    ",\"alg\":\"EdDSA\",\"x\":\"4SaCrIn2KmUhk4V9fA1H0DM8MdGSDWvwQieV7fEUFZ4\"},{\"kty\":\"RSA\",\"kid\":"    \
    "\"weak\","                                                                                              \
    "\"use\":\"sig\",\"alg\":\"RS256\",\"n\":"                                                               \
    "\"uCcnpAobGDtf64PZXwJDmzWLQB3R5FNYmjOM5873Z6w6MzVVoVAVgqyeMtenw"                                        \
    "E9Bmh-wYij0wgJhG2WC2uF4XJpvJMkIm5SuNtsGAjOquHX0uocxts6zLsez39DTUQqc4dATX4VgKD7DOfetsHFJQTsPj"           \
    "O4wsw-4jcEVTnOHaOU\",\"e\":\"AQAB\"}]}"
#define TOKEN_RS256                                                                                          \
    "eyJhbGciOiAiUlMyNTYiLCAia2lkIjogInJzMjU2IiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAud"           \
    "GVzdCIsICJhdWQiOiAibmlkaWEiLCAic3ViIjogImFuYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsI"           \
    "CJleHAiOiAxNzkwMDAwMzAwfQ.eW4g_gkNOsmLEhwvvsj2AJ0gDgLRU5TW_TST3MApr7aetxkQuoC16f-gqBCdy5ZCGc"           \
    "WtBCDj5ONgNRO0Iw_EZKu8NyyqulOisSxnOw1hba0CvG4ggIJgFu_nQ73vQoMQ5YHQjX7YA97At6pnx_DEdGpT4uZbOR"           \
    "idUWqWLO1ncQpM3hVJErPrp-jncQ9AONaAnbOdZknmwQxiPkhSsNZGKFJQeW1OSi4T4E8V_hp9fPIF2z2Zkyj60IqJ2k"           \
    "E2xxkiTTHnbMtjI48SzFryoE7ZC_z7p4WyJAGpdP2dGLrfbv9UX-z1GImfzws9QjE6CVHuYB0-O1TgLz1ue_7Uq8VVYA"
#define TOKEN_ES256                                                                                          \
    "eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVzMjU2IiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAud"           \
    "GVzdCIsICJhdWQiOiAibmlkaWEiLCAic3ViIjogImFuYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsI"           \
    "CJleHAiOiAxNzkwMDAwMzAwfQ.pyg15mFgnEG8epaHflFMHq6SkV8cKt8LSymFQVerPExVJex2j7W2BDcpEusaP8F-sZ"           \
    "XBjOi5rBP0S19tBgEQHg"
#define TOKEN_EDDSA                                                                                          \
    "eyJhbGciOiAiRWREU0EiLCAia2lkIjogImVkZHNhIiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAud"           \
    "GVzdCIsICJhdWQiOiAibmlkaWEiLCAic3ViIjogImFuYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsI"           \
    "CJleHAiOiAxNzkwMDAwMzAwfQ.L294Y1pSlVgFY7M1yartryESQNH6kip_5auwo8MtJWMBFvAl-cp6cig1JGriAUTkDE"           \
    "CMHnRsLUKY7XwQLXwtBw"
#define TOKEN_WEAK                                                                                           \
    "eyJhbGciOiAiUlMyNTYiLCAia2lkIjogIndlYWsifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAudGVzdCIsICJhdWQiOiAib"           \
    "mlkaWEiLCAic3ViIjogImFuYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsICJleHAiOiAxNzkwMDAwM"           \
    "zAwfQ.S2ZB-6lizOJcvbMklvSMX4NjYANNsKOTiT-2DolnYmHred4cnQAxIH15kAgiRYugPcLGViMGq_uk2-Sdh0QWvw"           \
    "c6pi72Q3s9_DbgD0m6ArOJmn-EBnuOcWBdnHX5-o6m3cZ9VuHGOrJ4Wu53eVcrfCq50UFeBNV-vZDDB2n-fz8"
#define TOKEN_NAMELESS                                                                                       \
    "eyJhbGciOiAiRVMyNTYifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAudGVzdCIsICJhdWQiOiAibmlkaWEiLCAic3ViIjogI"           \
    "mFuYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsICJleHAiOiAxNzkwMDAwMzAwfQ.RJ6OO4EDkr2hYm"           \
    "lCY4rBxyKl2aluwIR0RXC1vnZGETtYnKHsdtopqmxLtxyPO-4dIvT3Sc9McMS-S_9dRV7iEQ"
#define TOKEN_UNKNOWN                                                                                        \
    "eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImFub3RoZXIifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAudGVzdCIsICJhdWQiO"           \
    "iAibmlkaWEiLCAic3ViIjogImFuYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsICJleHAiOiAxNzkwM"           \
    "DAwMzAwfQ.RWdYX3VRuclpnQm4dqjf70gdphA_P7bMI_yyiCmu8QX8almH478YQYE71GSvDh2L7WqgJOuESUKBqrrby_"           \
    "9JrQ"
#define TOKEN_NONE                                                                                           \
    "eyJhbGciOiAibm9uZSJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAudGVzdCIsICJhdWQiOiAibmlkaWEiLCAic3ViIjogImF"           \
    "uYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsICJleHAiOiAxNzkwMDAwMzAwfQ."
#define TOKEN_HMAC                                                                                           \
    "eyJhbGciOiAiSFMyNTYiLCAia2lkIjogInJzMjU2In0.eyJpc3MiOiAiaHR0cHM6Ly9pZHAudGVzdCIsICJhdWQiOiAi"           \
    "bmlkaWEiLCAic3ViIjogImFuYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsICJleHAiOiAxNzkwMDAw"           \
    "MzAwfQ.Q7gxKd9tq7RnrHSQsIj4FVobkkGhnQspUS35VxzmTlw"
#define TOKEN_CROSSED                                                                                        \
    "eyJhbGciOiAiRVMyNTYiLCAia2lkIjogInJzMjU2In0.eyJpc3MiOiAiaHR0cHM6Ly9pZHAudGVzdCIsICJhdWQiOiAi"           \
    "bmlkaWEiLCAic3ViIjogImFuYSIsICJub25jZSI6ICJuIiwgImlhdCI6IDE3OTAwMDAwMDAsICJleHAiOiAxNzkwMDAw"           \
    "MzAwfQ.ZCyfvF7GN7ZQMBnJVbJ1Otqdj3KJYCz4fH5tngHxezWH4O9HACa0pdlj05as8WSYQ4jwzXe7PBRn27F3Fjviv"           \
    "w"
