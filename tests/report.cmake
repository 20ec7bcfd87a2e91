# SPDX-License-Identifier: Apache-2.0
lvr_cli_test(report_cli report/report_cli.sh TIMEOUT 300)
lvr_cli_test(features_cli report/features_cli.sh)
lvr_cli_test(pairs_cli report/pairs_cli.sh TIMEOUT 240)
lvr_cli_test(report_browser report/report_browser.sh LABELS slow TIMEOUT 600)
