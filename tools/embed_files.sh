#!/bin/sh
# Prints files as the C table that the program carries, of {name, text}: tools/embed_files.sh HEADER TYPE TABLE FILE...
set -eu
echo "#include \"$1\""
echo "const $2 $3[] = {"
shift 3
for file; do
    printf '    { "%s",\n' "$(basename "$file")"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/      "&\\n"/' "$file"
    echo '    },'
done
echo '    { 0, 0 },'
echo '};'
