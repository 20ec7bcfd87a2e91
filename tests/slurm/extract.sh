#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# slurm/extract.sbatch on a cluster of two nodes: the features of a plain run, and the exit status of the program.
. "$(dirname "$0")/../cli/expect.sh"
. "$(dirname "$0")/cluster.sh"
cluster_up 2 2 100
extract=$LVR_BINARY_DIR/bin/lvr-extract
export LVR_BIN=$LVR_BINARY_DIR/bin
script=$LVR_SOURCE_DIR/slurm/extract.sbatch
images photos 14
cat >config.toml <<TOML
snapshot = ["$LVR_SOURCE_DIR/tests/golden/vit/clip_gelu"]
images = "photos"
store = "float32"
device = "cpu"
TOML
"$extract" --config config.toml --out plain 2>plain.log || { fail "the plain run"; cat plain.log; }

# As typed in the README; the site is the generic one. Whole nodes, with their GPUs (which nobody uses).
submit -N 2 "$script" config.toml --out srun
srun_job=$job srun_log=$log
cat >mpirun_site.sh <<'SITE'
LVR_LAUNCHER=mpirun LVR_RANKS_PER_NODE=1
SITE
LVR_SITE=./mpirun_site.sh submit -N 2 "$script" config.toml --out mpirun
mpirun_job=$job mpirun_log=$log
# Partition and the like come from the site file, as sbatch's own variables. A share of each node, without GPUs.
cat >shared_site.sh <<'SITE'
export LVR_SITE=./shared_site.sh SBATCH_PARTITION=some SBATCH_TIMELIMIT=5
LVR_MPI=pmix
SITE
shared_job=$(. ./shared_site.sh && submit -N 2 --oversubscribe --cpus-per-task 2 "$script" config.toml --out shared &&
  echo "$job")
# A job that cannot go well is not tried again; one that is done but for bad images says so.
submit -N 1 "$script" config.toml --out nothing --tap 99
wrong_job=$job wrong_log=$log
images mixed 1
cp "$LVR_SOURCE_DIR/tests/golden/images/bad_text.jpg" mixed/
# The programs are found beside the script, as they are when installed.
mkdir -p installed/share/lvr
cp -r "$LVR_SOURCE_DIR/slurm" installed/share/lvr/
ln -s "$LVR_BIN" installed/bin
LVR_BIN='' submit -N 1 installed/share/lvr/slurm/extract.sbatch --config config.toml --images mixed --out mixed_out
mixed_job=$job mixed_log=$log
LVR_SITE=nowhere submit -N 1 "$script" config.toml --out nothing
lost_job=$job lost_log=$log

ends "$srun_job" 0
ok same_features plain/clip_gelu srun/clip_gelu
ok grep -q "nodes n\[1-2\], 4 ranks (2 a node, each 1 cores; 2 GPUs a node)" "$srun_log"
ok grep -q "42 images; ranks: 4," "$srun_log"
for node in n1 n2; do ok grep -q "launch task StepId=$srun_job\.0 " "$cluster/log/slurmd-$node"; done
ends "$mpirun_job" 0
ok same_features plain/clip_gelu mpirun/clip_gelu
ok grep -q "site ./mpirun_site.sh" "$mpirun_log"
ok grep -q "42 images; ranks: 2," "$mpirun_log"
ends "$shared_job" 0
ok same_features plain/clip_gelu shared/clip_gelu
ok grep -q "2 ranks (1 a node, each 2 cores; 0 GPUs a node)" "lvr-extract-$shared_job.log"
ok [ "$(job_field "$shared_job" Partition)" = some ]
ok [ "$(job_field "$shared_job" TimeLimit)" = 00:05:00 ]
ends "$wrong_job" 2
ok [ "$(job_field "$wrong_job" Restarts)" = 0 ]
ok grep -q "remedy:" "$wrong_log"
ok [ ! -e nothing ]
ends "$mixed_job" 7
ok [ -f mixed_out/clip_gelu/quarantine.tsv ]
ok grep -q "site $work/installed/share/lvr/slurm/sites/generic.sh" "$mixed_log"
ends "$lost_job" 2
ok grep -q "no site file for LVR_SITE=nowhere" "$lost_log"
finish
