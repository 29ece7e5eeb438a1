/* The interface's description, byte for byte, inside the binary. OPENAPI_JSON is made from openapi.yaml by make. */
    .section .rodata
    .global openapi_yaml, openapi_yaml_end, openapi_json, openapi_json_end
openapi_yaml:
    .incbin "openapi.yaml"
openapi_yaml_end:
openapi_json:
    .incbin OPENAPI_JSON
openapi_json_end:
    .section .note.GNU-stack, "", %progbits
