# ganglion_embed(<target> <file>...): puts the files into the binary, readable in place. Each becomes
# one row of the table that src/engine/embedded_models.h looks up by file name.
function(ganglion_embed target)
  set(assembly "${CMAKE_BINARY_DIR}/generated/embedded_models.S")
  set(table "${CMAKE_BINARY_DIR}/generated/embedded_models_table.inc")
  set(assembly_text "  .section .rodata\n")
  set(table_text "")
  set(index 0)
  foreach(file IN LISTS ARGN)
    get_filename_component(name "${file}" NAME)
    set(symbol "ganglion_embedded_${index}")
    string(APPEND assembly_text
      "  .global ${symbol}_begin\n  .global ${symbol}_end\n  .balign 64\n"
      "${symbol}_begin:\n  .incbin \"${file}\"\n${symbol}_end:\n  .byte 0\n")
    string(APPEND table_text "GANGLION_EMBEDDED(\"${name}\", ${symbol})\n")
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND assembly_text "  .section .note.GNU-stack,\"\",%progbits\n")
  file(CONFIGURE OUTPUT "${assembly}" CONTENT "${assembly_text}" @ONLY)
  file(CONFIGURE OUTPUT "${table}" CONTENT "${table_text}" @ONLY)
  set_source_files_properties("${assembly}" PROPERTIES LANGUAGE ASM OBJECT_DEPENDS "${ARGN}")
  target_sources(${target} PRIVATE "${assembly}")
  target_include_directories(${target} PRIVATE "${CMAKE_BINARY_DIR}/generated")
endfunction()
