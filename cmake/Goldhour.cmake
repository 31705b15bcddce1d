# What every room is built with, and the two ways of declaring one.
set(GH_WARN -Wall -Wextra -Werror)
# Texts for people are cut to their room on purpose.
set(GH_CFLAGS $<$<COMPILE_LANGUAGE:C>:${GH_WARN};-Wshadow;-Wconversion;-Wno-sign-conversion;-Wno-format-truncation> $<$<COMPILE_LANGUAGE:CXX>:${GH_WARN};-Wno-shadow;-fno-exceptions>)
if(GH_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=address,undefined)
endif()
if(GH_FUZZ) # tests/CMakeLists.txt: libFuzzer sees which branches an input takes
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(GH_FAULTS) # builds for tests can be made to die of a record: engine/crash.c
  add_compile_definitions(GH_FAULTS)
endif()
add_compile_definitions(_POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)

# gh_room(NAME LINKS LIB...): src/NAME/*.c (and *.cc, the C++ shims) become the static library gh_NAME. A room sees include/ and itself.
function(gh_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  if(NOT sources)
    add_library(gh_${name} INTERFACE)
    target_link_libraries(gh_${name} INTERFACE ${ROOM_LINKS})
    target_include_directories(gh_${name} INTERFACE ${PROJECT_SOURCE_DIR}/include)
    return()
  endif()
  add_library(gh_${name} STATIC ${sources})
  target_compile_options(gh_${name} PRIVATE ${GH_CFLAGS})
  target_include_directories(gh_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src/${name})
  target_link_libraries(gh_${name} PUBLIC ${ROOM_LINKS})
endfunction()

# gh_program(NAME FOLDER LINKS LIB...): src/FOLDER/*.c become the program NAME.
function(gh_program name folder)
  cmake_parse_arguments(PROGRAM "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.c)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_compile_options(${name} PRIVATE ${GH_CFLAGS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/${folder})
  target_link_libraries(${name} PRIVATE ${PROGRAM_LINKS})
endfunction()

# gh_embed(ROOM FOLDER): every file of FOLDER becomes a row of the table gh_shipped, a generated source of the room (cmake/Embed.cmake).
function(gh_embed room folder)
  set(root ${PROJECT_SOURCE_DIR}/${folder})
  set(out ${PROJECT_BINARY_DIR}/generated/shipped.c)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${root}/*)
  add_custom_command(OUTPUT ${out} COMMAND ${CMAKE_COMMAND} -DROOT=${root} -DOUT=${out} -P ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake COMMENT "Embedding ${folder}/" VERBATIM)
  target_sources(gh_${room} PRIVATE ${out})
endfunction()
