# SPDX-License-Identifier: Apache-2.0
# A cluster about which nothing is known: Open MPI with PMIx, programs and libraries where they were built.
#
# For your own cluster copy this file, or gpu_cluster.sh, to NAME.sh here. It is read twice: by you, once per shell
# before sbatch (`. slurm/sites/NAME.sh`), and by the job on its first node. It may set
#   for sbatch  SBATCH_PARTITION, SBATCH_ACCOUNT, SBATCH_QOS, SBATCH_TIMELIMIT, SBATCH_GPUS_PER_NODE ...: sbatch's own
#               variables ("Input environment variables" in its manual), exported; options of sbatch override them.
#               SBATCH_SIGNAL=B:USR1@600 gives the ranks ten minutes to save instead of 90 s
#   for the job modules to load, LVR_TORCH_DIR, and
#     LVR_LAUNCHER        srun, or mpirun where Slurm does not know the MPI that lvr was built with (Open MPI's; a
#                         preemption, unlike the time limit, then ends the job for good)
#     LVR_MPI             srun --mpi= (`srun --mpi=list` shows what there is); empty: the cluster's default
#     LVR_RANKS_PER_NODE  else one for each GPU of the job, and without GPUs
#     LVR_CORES_PER_RANK  one for each such group of cores (16)
LVR_LAUNCHER=${LVR_LAUNCHER:-srun}
LVR_MPI=${LVR_MPI-pmix}
