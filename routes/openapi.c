/* The description of the interface, and the list of routes for people who ask for /. Static data. */
#include "handlers.h"
#include "http/router.h"

extern const char openapi_yaml[], openapi_yaml_end[], openapi_json[], openapi_json_end[];

enum err route_openapi_yaml(struct request *req, struct response *res) {
    (void)req;
    response_static(res, "application/yaml", openapi_yaml, (size_t)(openapi_yaml_end - openapi_yaml));
    return ERR_OK;
}

enum err route_openapi_json(struct request *req, struct response *res) {
    (void)req;
    response_static(res, "application/json", openapi_json, (size_t)(openapi_json_end - openapi_json));
    return ERR_OK;
}

static void render_index(struct json_out *out, const void *view) {
    (void)view;
    json_out_object_begin(out);
    json_out_key_str(out, "name", "dappd");
    json_out_key_str(out, "version", DAPPD_VERSION);
    json_out_key_str(out, "description", "/openapi.yaml");
    json_out_key(out, "routes");
    json_out_array_begin(out);
    for (size_t i = 0; i < routes_count; i++) {
        json_out_object_begin(out);
        json_out_key_str(out, "method", router_method_name(routes[i].method));
        json_out_key_str(out, "path", routes[i].pattern);
        json_out_object_end(out);
    }
    json_out_array_end(out);
    json_out_object_end(out);
}

enum err route_index(struct request *req, struct response *res) {
    (void)req;
    response_json(res, render_index, NULL);
    return ERR_OK;
}
