# SPDX-License-Identifier: Apache-2.0
# Source this before `mpirun` on a laptop, in a container or as root:   . scripts/env.sh
# Inside a Slurm job it leaves placing the ranks to the scheduler.
# LVR_TORCH_DIR=FOLDER: where LibTorch is, if it is no longer where it was when lvr was built.
if [ -n "${LVR_TORCH_DIR:-}" ]; then
  export LD_LIBRARY_PATH="$LVR_TORCH_DIR/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
if [ -z "${SLURM_JOB_ID:-}" ]; then
  # Open MPI refuses root and more ranks than cores unless it is told that this is meant.
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
  # Containers forbid the single-copy mechanism (open-mpi/ompi#4948); without it messages are copied twice.
  export OMPI_MCA_btl_vader_single_copy_mechanism=none
  # OpenMP's threads spin while they wait, which on a machine with other work makes everything many times slower.
  export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-10000}"
  # No remote nodes here, so no ssh is needed.
  export OMPI_MCA_plm_rsh_agent="${OMPI_MCA_plm_rsh_agent:-/bin/true}"
fi
