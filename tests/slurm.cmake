# SPDX-License-Identifier: Apache-2.0
# A throw-away Slurm cluster each; skipped where Slurm's daemons are not installed.
if(TARGET lvr-extract)
  lvr_cli_test(slurm_extract slurm/extract.sh LABELS slurm)
  lvr_cli_test(slurm_requeue slurm/requeue.sh LABELS slow TIMEOUT 240)
  set_tests_properties(slurm_extract slurm_requeue PROPERTIES SKIP_RETURN_CODE 77 PROCESSORS 2)
endif()
if(TARGET lvr-train)
  lvr_cli_test(slurm_train slurm/train.sh LABELS slurm)
  lvr_cli_test(slurm_train_requeue slurm/train_requeue.sh LABELS slow TIMEOUT 240)
  set_tests_properties(slurm_train slurm_train_requeue PROPERTIES SKIP_RETURN_CODE 77 PROCESSORS 2)
endif()
