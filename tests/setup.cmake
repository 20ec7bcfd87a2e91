# SPDX-License-Identifier: Apache-2.0
# Set-up, configuration and installation, as a user meets them.
lvr_cli_test(setup_missing_libraries cli/setup_missing_libraries.sh)
lvr_cli_test(setup_moved_install cli/setup_moved_install.sh)
lvr_cli_test(setup_presets cli/setup_presets.sh)
lvr_cli_test(setup_without_cuda cli/setup_without_cuda.sh LABELS slow TIMEOUT 1500)
