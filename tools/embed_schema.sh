#!/bin/sh
# Prints the SQL files of a tenant schema as the C table that the program carries: tools/embed_schema.sh FILE...
set -eu
echo '#include "hosting/tenant_schema.h"'
echo 'const struct tenant_schema_source tenant_schema_built_in[] = {'
for file; do
    printf '    { "%s",\n' "$(basename "$file")"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/      "&\\n"/' "$file"
    echo '    },'
done
echo '    { 0, 0 },'
echo '};'
