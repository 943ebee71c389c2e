# SPDX-License-Identifier: Apache-2.0
# The .deb that `./dev package` builds from the install rules.
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_PACKAGE_NAME memqual)
set(CPACK_PACKAGE_VENDOR "memqual maintainers")
set(CPACK_PACKAGE_CONTACT "memqual maintainers <maintainers@memqual.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Kernel-configuration-aware memory test harness")
set(CPACK_PACKAGE_DESCRIPTION
  "Runs memory scenarios under real kernel settings, each case isolated, and reports\n what was granted, refused or killed, with the evidence.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
