# SPDX-License-Identifier: Apache-2.0
# A template: a GPU cluster with environment modules. Every name below is to be replaced by your cluster's.
#   . slurm/sites/gpu_cluster.sh      once per shell
#   sbatch --nodes 4 slurm/extract.sbatch configs/extract/paper.toml --images IMAGES --out FOLDER
export LVR_SITE=gpu_cluster
if [ -z "${SLURM_JOB_ID:-}" ]; then
  # An accelerated partition, where a job takes whole nodes of four GPUs.
  export SBATCH_ACCOUNT=my_project SBATCH_PARTITION=gpu SBATCH_GPUS_PER_NODE=4 SBATCH_TIMELIMIT=12:00:00
else
  module purge
  module load openmpi hdf5 cuda || return
  # LVR_TORCH_DIR=/path/of/libtorch   if it is not where it was when lvr was built
  # UCX_TLS=...                       whatever your cluster wants of MPI, exported
  LVR_LAUNCHER=srun
  LVR_MPI=pmix  # pmi2 for an MPICH or Intel MPI
fi
