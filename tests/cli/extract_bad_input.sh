#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is wrong is said, with the file and the remedy, and no half-made folder is left.
. "$(dirname "$0")/expect.sh"
. "$(dirname "$0")/extract_images.sh"
many_images pictures 12
plain=("$extract" --snapshot "$model" --images pictures --out out)

# Command line.
expect 2 "no encoder given" "$extract" --images pictures --out out
expect 2 "no images given" "$extract" --snapshot "$model" --out out
expect 2 "no output folder" "$extract" --snapshot "$model" --images pictures
expect 2 "did you mean clip336" "$extract" --representation clip366 --images pictures --out out
expect 2 "asked for twice" "$extract" --snapshot "$model,$model" --images pictures --out out
expect 2 "there is no hidden state 9" "${plain[@]}" --tap 9
expect 5 "GPU 99 was asked for" "${plain[@]}" --device cuda:99
expect 2 "unknown device 'tpu'" "${plain[@]}" --device tpu

# Images.
expect 3 "nowhere" "$extract" --snapshot "$model" --images nowhere --out out
mkdir empty
expect 3 "empty" "$extract" --snapshot "$model" --images empty --out out
# Which of the bad ones comes first depends on the threads.
strict=("$extract" --snapshot "$model" --images pictures --strict)
expect 3 "error] bad_" "${strict[@]}" --out strict
expect 3 "error] bad_" mpirun -np 3 "${strict[@]}" --out strict

# Models.
expect 3 "nobody/nothing" "$extract" --snapshot nobody/nothing --images pictures --out out
expect 3 "openai/clip-vit-large-patch14-336" env HF_HOME="$work/empty" HOME="$work/empty" "$extract" --representation clip336 --check
cp -r "$model" broken
head -c 20000 "$model/model.safetensors" >broken/model.safetensors
expect 3 "broken/model.safetensors" "$extract" --snapshot broken --images pictures --out out
expect 3 "broken/model.safetensors" mpirun -np 2 "$extract" --snapshot broken --images pictures --out out
cp "$model/model.safetensors" broken
for change in 's/"hidden_size": 24/"hidden_size": 36/' 's/"hidden_size": 24/"hidden_size": 25/' 's/"num_hidden_layers": 3/"num_hidden_layers": 5/' \
  's/"dinov2"/"resnet"/' 's/"patch_size": 14/"patch_size": "14"/' 's/"hidden_act": "gelu"/"hidden_act": "relu6"/' 's/"image_size": 84/"image_size": 70/'; do
  sed "$change" "$model/config.json" >broken/config.json
  cmp -s broken/config.json "$model/config.json" && fail "$change changes nothing"
  expect 3 "broken" "$extract" --snapshot broken --images pictures --out out
done
cp "$model/config.json" broken
sed 's/"resample": 3/"resample": 5/' "$model/preprocessor_config.json" >broken/preprocessor_config.json
expect 3 "resize filter '5' is unknown" "$extract" --snapshot broken --images pictures --out out
sed 's/BitImageProcessor/ViTImageProcessor/' "$model/preprocessor_config.json" >broken/preprocessor_config.json
expect 3 "broken/preprocessor_config.json: the image processor ViTImageProcessor" "$extract" --snapshot broken --images pictures --out out
rm broken/preprocessor_config.json
expect 3 "broken/preprocessor_config.json: is missing" "$extract" --snapshot broken --images pictures --out out
expect 3 "the input has" "$extract" --snapshot "$golden/vit/clip_gelu" --size 70 --images pictures --out out

# Quarantine: the rows are there, the list says why, and the status says that something was left out.
kept=("$extract" --snapshot "$model" --images pictures --out kept)
"${kept[@]}" >stdout 2>stderr
ok [ $? = 7 ]
ok [ "$(cut -f1,2 kept/dinov2_resize/quarantine.tsv | tail -n +2 | tr '\t\n' ' ,')" = \
  "bad_empty.jpg empty,bad_text.jpg not_an_image,bad_truncated_jpeg_420.jpg damaged,bad_truncated_png_rgb.png damaged,folder.jpg unreadable," ]
ok grep -q "5 of 17 images could not be used" stderr

# Another configuration on the same folder is refused, and says what differs; so is another list of images.
for other in "--store float32" "--dtype bfloat16" "--flip" "--tap -1" "--size 42"; do
  "${kept[@]}" $other >stdout 2>stderr
  ok [ $? = 2 ]
  ok grep -q "remedy:" stderr
done
projector=$golden/vit/clip_gelu/model.safetensors
# A model whose files say something else, with the same weights.
cp -r "$model" changed
"$extract" --snapshot changed --images pictures --out resumed 2>stderr
ok [ $? = 7 ]
for change in 's/"hidden_act": "gelu"/"hidden_act": "quick_gelu"/' 's/"layer_norm_eps": [0-9.e-]*/"layer_norm_eps": 0.1/' 's/"num_attention_heads": 3/"num_attention_heads": 6/'; do
  sed "$change" "$model/config.json" >changed/config.json
  cmp -s changed/config.json "$model/config.json" && fail "$change changes nothing"
  "$extract" --snapshot changed --images pictures --out resumed >stdout 2>stderr
  ok [ $? = 2 ]
  ok grep -q "model" stderr
done
cp "$model/config.json" changed
sed 's/0.485/0.486/' "$model/preprocessor_config.json" >changed/preprocessor_config.json
cmp -s changed/preprocessor_config.json "$model/preprocessor_config.json" && fail "the mean was not changed"
"$extract" --snapshot changed --images pictures --out resumed >stdout 2>stderr
ok [ $? = 2 ]
"$extract" --snapshot changed --images pictures --out more --position-resize scale_0.1 >stdout 2>stderr
ok [ $? = 7 ]
expect 2 "position_resize is for DINOv2" "$extract" --snapshot "$golden/vit/clip_gelu" --images pictures --out out --position-resize size
expect 2 "a part would be above 2 GiB" "$extract" --snapshot "$model" --images pictures --out out --shard-size 9000000
expect 2 "a projector is trained for one of them" "$extract" --snapshot "$model,$golden/vit/clip_gelu" --images pictures --out out --project "$projector"
expect 3 "it is not a projector" "$extract" --snapshot "$model" --images pictures --out out --project "$projector"
printf 'parts = ["a.toml", "b.toml"]\ntap = -1\n' >fused.toml
expect 2 "beside parts" "$extract" --encoder fused.toml --check
rm pictures/0003.jpg
"${kept[@]}" >stdout 2>stderr
ok [ $? = 2 ]
ok grep -q "items" stderr

# Missing files in a list are quarantined, a list's folder that is gone is not.
printf '0001.jpg\nnot_there.jpg\n' >pictures/list.txt
"$extract" --snapshot "$model" --images pictures/list.txt --out listed 2>stderr
ok [ $? = 7 ]
ok grep -q "not_there.jpg	missing" listed/dinov2_resize/quarantine.tsv
expect 3 "pictures_gone" "$extract" --snapshot "$model" --images pictures/list.txt --image-root pictures_gone --out rootless

# Index alone: only of complete folders.
rm listed/dinov2_resize/index.h5
"$extract" --snapshot "$model" --out listed --index-only 2>stderr
ok [ $? = 7 ]
ok [ -f listed/dinov2_resize/index.h5 ]
rm listed/dinov2_resize/part-000000.h5
"$extract" --snapshot "$model" --out listed --index-only 2>stderr
ok [ $? = 3 ]
ok grep -q "part-000000.h5" stderr

# A folder that nobody may write.
expect 4 "a part of the path is a file" "$extract" --snapshot "$model" --images pictures --out pictures/0001.jpg/out

# transformers 5 writes processor_config.json, and a snapshot may be where we stand.
cp -r "$model" here
echo "{\"image_processor\": $(cat "$model/preprocessor_config.json")}" >here/processor_config.json
echo '{"size": 3}' >here/preprocessor_config.json
expect 0 "here: ok" bash -c "cd here && '$extract' --snapshot . --check"
expect 0 '"crop":[56,56]' "$extract" --snapshot here --check

# A rest beside the patches is said, also of a part.
"$extract" --snapshot "$model" --size 59 --check >stdout 2>stderr || fail "--size 59"
ok grep -q "59 is no multiple of its patches of 14 pixels: 3 rows" stderr
printf 'parts = ["one.toml", "two.toml"]\n' >rest.toml
printf 'snapshot = "%s"\n' "$model" | tee one.toml >two.toml
"$extract" --encoder rest.toml --size 59 --check >stdout 2>stderr || fail "--size 59 of parts"
ok [ "$(grep -c "no multiple" stderr)" = 2 ]

# What is only asked about leaves nothing behind.
expect 0 "images           16" "$extract" --snapshot "$model" --images pictures --out fresh --dry-run
ok [ ! -e fresh ]
expect 0 "16 tokens x 24 channels" "$extract" --snapshot "$model" --check
expect 0 "clip336+dinov2" "$extract" --list
finish
