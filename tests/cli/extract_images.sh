# SPDX-License-Identifier: Apache-2.0
# Sourced after expect.sh: lvr-extract, a tiny model and many pictures.
extract=$LVR_BINARY_DIR/bin/lvr-extract
golden=$LVR_SOURCE_DIR/tests/golden
model=$golden/vit/dinov2_resize

# many_images FOLDER COUNT : good pictures of all kinds, and five that are bad.
many_images() {
  local good i
  good=("$golden"/images/[!b]*)
  mkdir -p "$1"
  for ((i = 0; i < $2; ++i)); do ln "${good[i % ${#good[@]}]}" "$1/$(printf %04d $i).jpg" 2>/dev/null ||
    cp "${good[i % ${#good[@]}]}" "$1/$(printf %04d $i).jpg"; done
  cp "$golden"/images/bad_{empty.jpg,text.jpg,truncated_png_rgb.png,truncated_jpeg_420.jpg} "$1"
  mkdir "$1/folder.jpg"
}

# same_features FOLDER REFERENCE : the same parts, index, manifest and list to the byte, and nothing else.
same_features() { ok diff -r "$2" "$1"; }

part_there() { compgen -G "$1/*/part-*.h5" >/dev/null; }
