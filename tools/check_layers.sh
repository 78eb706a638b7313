#!/bin/sh
# A folder may include itself and the floors below its own, from sources and headers alike. Prints each include that
# does not, and each folder that stands on no floor.
floors='base | json crypto sql http net mail | model | record | settings events audit queue |
        hosting features letters | directory | usage | identity tenancy domains billing support fleet | copies sso | privacy analytics | api jobs console | app | main'
cd "$(dirname "$0")/../src" || exit 2
floors=$(echo "$floors" | tr -s '\n ' ' ')
grep -rnoE '^ *# *include "[a-z_0-9]+' --include='*.[ch]' --include='*.def' . | awk -v floors="$floors" '
BEGIN {
    count = split(floors, floor, " *[|] *")
    for (i = 1; i <= count; i++) {
        rooms = split(floor[i], room, " ")
        for (j = 1; j <= rooms; j++) height[room[j]] = i
    }
}
{
    split($0, part, ":"); split(part[1], path, "/")
    from = path[2]; sub(/[.](c|h|def)$/, "", from)
    to = part[3]; sub(/.*"/, "", to)
    if (height[from] && from == to || height[to] && height[to] < height[from]) next
    print "src" substr(part[1], 2) ":" part[2] ": " from " must not include " to
    wrong = 1
}
END { exit wrong }'
