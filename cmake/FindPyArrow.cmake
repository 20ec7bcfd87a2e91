# SPDX-License-Identifier: Apache-2.0
# Arrow and Parquet out of the pyarrow wheel, which has headers and libraries but no CMake package and only versioned
# names (apache/arrow#14914): targets PyArrow::arrow, PyArrow::parquet.
#   LVR_ARROW_DIR  the folder `pyarrow` of a Python that has it; empty: the set-up's virtual environment
set(LVR_ARROW_DIR "" CACHE PATH "Folder pyarrow of a Python that has it; empty: the set-up's virtual environment")
# Looked at afresh each time, as LibTorch is.
set(PyArrow_DIR ${LVR_ARROW_DIR})
if(NOT PyArrow_DIR)
  file(GLOB PyArrow_DIR ${PROJECT_BINARY_DIR}/venv/lib/python3*/site-packages/pyarrow
       ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/pyarrow)
  if(PyArrow_DIR)
    list(GET PyArrow_DIR 0 PyArrow_DIR)
  endif()
endif()
foreach(library arrow parquet)
  file(GLOB PyArrow_${library} ${PyArrow_DIR}/lib${library}.so.*[0-9])
  if(PyArrow_${library})  # libarrow.so.2600 and libarrow.so.2600.1.0 are one
    list(SORT PyArrow_${library})
    list(GET PyArrow_${library} 0 PyArrow_${library})
  endif()
endforeach()
if(PyArrow_arrow MATCHES "so\\.([0-9]+)00")
  set(PyArrow_VERSION ${CMAKE_MATCH_1})
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(PyArrow REQUIRED_VARS PyArrow_DIR PyArrow_arrow PyArrow_parquet
                                  VERSION_VAR PyArrow_VERSION)
if(PyArrow_FOUND AND NOT TARGET PyArrow::arrow)
  foreach(library arrow parquet)
    add_library(PyArrow::${library} SHARED IMPORTED)
    get_filename_component(soname ${PyArrow_${library}} NAME)
    set_target_properties(PyArrow::${library} PROPERTIES
      IMPORTED_LOCATION ${PyArrow_${library}} IMPORTED_SONAME ${soname}
      INTERFACE_INCLUDE_DIRECTORIES ${PyArrow_DIR}/include)
  endforeach()
  set_target_properties(PyArrow::parquet PROPERTIES INTERFACE_LINK_LIBRARIES PyArrow::arrow)
endif()
