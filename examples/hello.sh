#!/bin/bash
# Answers a greeting. Copy it, executable, into a plugin folder of mswd, then: mswctl call hello:you
LC_ALL=C # ${#x} and read -N count bytes
while read -r method _; do
    from='' id='' flag='' length=0 body=''
    while IFS= read -r line && [ -n "$line" ]; do
        case $line in
            from:*) from=${line#*: } ;;
            id:*) id=${line#*: } ;;
            flag:*) flag=${line#*: } ;;
            length:*) length=${line#*: } ;;
        esac
    done
    [ "$length" -eq 0 ] || IFS= read -r -N "$length" body
    [ "$method" = reply ] && continue
    answer="hello, $body"
    printf 'reply %s msw/1\nto: %s\nflag: %s\nlength: %d\n\n%s' "$from" "$id" "$flag" "${#answer}" "$answer"
done
