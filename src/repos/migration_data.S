/* The files of sql/, byte for byte, inside the binary, and the table of them that migration.h declares. MIGRATIONS has
 * a line `migration "sql/..."` for each, in order, and is made by make. Constant; any thread. */
    .macro migration file
    .section .rodata
name\@:
    .asciz "\file"
text\@:
    .incbin "\file"
end\@:
    .byte 0
    .section .data.rel.ro, "aw"
    .dc.a name\@, text\@, end\@
    .endm

    .section .data.rel.ro, "aw"
    .balign 8
    .global migrations, migrations_end
migrations:
#include MIGRATIONS
    .section .data.rel.ro, "aw"
migrations_end:
    .section .note.GNU-stack, "", %progbits
