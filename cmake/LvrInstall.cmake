# SPDX-License-Identifier: Apache-2.0
# The tree that `cmake --install build --prefix FOLDER` makes can be moved: programs find their own parts relative to
# themselves. LibTorch and the report's Python stay where they were at configure time; in the environment LVR_PYTHON
# overrides the latter, and LVR_TORCH_DIR (through share/lvr/env.sh) says where LibTorch is if it is no longer there.
include(GNUInstallDirs)

# The report's Python: the user's own, or the set-up's virtual environment (made before or after this configure run).
set(LVR_PYTHON_RECORDED ${LVR_PYTHON})
if(NOT LVR_PYTHON_RECORDED)
  set(LVR_PYTHON_RECORDED ${PROJECT_BINARY_DIR}/venv/bin/python)
  if(NOT EXISTS ${LVR_PYTHON_RECORDED} AND EXISTS ${PROJECT_SOURCE_DIR}/build/venv/bin/python)
    set(LVR_PYTHON_RECORDED ${PROJECT_SOURCE_DIR}/build/venv/bin/python)
  endif()
endif()
message(STATUS "Report: ${LVR_PYTHON_RECORDED}")

# lvr_python_program(NAME SCRIPT): SCRIPT is a path in analysis/.
function(lvr_python_program LVR_PROGRAM LVR_SCRIPT)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/lvr-python.in ${PROJECT_BINARY_DIR}/bin/${LVR_PROGRAM} @ONLY
                 FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  install(PROGRAMS ${PROJECT_BINARY_DIR}/bin/${LVR_PROGRAM} DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

lvr_python_program(lvr-report report/lvr_report.py)
lvr_python_program(lvr-features features/lvr_features.py)
lvr_python_program(lvr-pairs pairs/lvr_pairs.py)

set(share ${CMAKE_INSTALL_DATADIR}/lvr)
install(DIRECTORY analysis/report analysis/features analysis/pairs DESTINATION ${share} PATTERN __pycache__ EXCLUDE PATTERN *.jpg EXCLUDE)
install(DIRECTORY data/paper DESTINATION ${share}/data)
install(DIRECTORY configs slurm DESTINATION ${share})
install(FILES scripts/env.sh DESTINATION ${share})
install(PROGRAMS scripts/pipeline.sh DESTINATION ${share}/scripts)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
