#!/bin/sh
# Runs the scripts that are named, in their order. One that does not come to its end is the last.
for script; do
    sh "/tests/$script.sh" || exit
done
