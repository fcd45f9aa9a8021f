#!/usr/bin/env bash
# Makes gen/*.js and gen/*.d.ts from the .proto files. protons writes TypeScript with namespaces, which Node cannot run
# by stripping types, so it is compiled here and the result is committed.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
rm -rf gen .build && mkdir -p gen .build
"$root/node_modules/.bin/protons" --strict ./*.proto -o .build
node share-imports.js . .build
"$root/node_modules/.bin/tsc" --ignoreConfig --module nodenext --target es2024 --lib es2024,dom --skipLibCheck --declaration --types node --outDir gen .build/*.ts
rm -rf .build
node drop-streams.js gen
# protons asks for Uint8Array<ArrayBuffer>; any Uint8Array encodes the same
sed -i 's/Uint8Array<ArrayBuffer>/Uint8Array/g' gen/*.d.ts
# a Buffer and a view of it for each field that is absent were a third of the time of decoding
sed -i 's/uint8ArrayAlloc(0)/new Uint8Array(0)/; /uint8arrays\/alloc/d' gen/*.js
