/* The state of an index for operators. Owns nothing.
 * Any thread. */
#include "services/index_service.h"

static void render_tip(const struct index_report *report, struct json_out *out) {
    json_out_key(out, "tip");
    if (report->has_tip) {
        json_out_u64(out, report->tip);
    } else {
        json_out_null(out);
    }
}

void index_service_render_status(struct index_status *status, struct json_out *out) {
    if (status == NULL) {
        json_out_null(out);
        return;
    }
    const struct index_report report = index_status_get(status);
    json_out_object_begin(out);
    json_out_key_str(out, "phase", index_phase_name(report.phase));
    json_out_key_bool(out, "indexing_here", report.indexing_here);
    render_tip(&report, out);
    json_out_key_u64(out, "next_block", report.next_block);
    json_out_key_u64(out, "target", report.target);
    json_out_key_u64(out, "logs", report.logs);
    json_out_key_u64(out, "logs_per_s", report.logs_per_s);
    json_out_key_u64(out, "eta_s", report.eta_s);
    json_out_key_u64(out, "odd_logs", report.odd_logs);
    json_out_key_u64(out, "reorgs", report.reorgs);
    json_out_key_str(out, "halted", report.halted[0] != '\0' ? report.halted : NULL);
    json_out_object_end(out);
}

void index_service_render_followed(struct tx_status *status, struct json_out *out) {
    if (status == NULL) {
        json_out_null(out);
        return;
    }
    const struct tx_report report = tx_status_get(status);
    json_out_object_begin(out);
    json_out_key_str(out, "following", tx_following_name(report.following));
    json_out_key(out, "open");
    if (report.has_open) {
        json_out_u64(out, report.open);
    } else {
        json_out_null(out);
    }
    json_out_object_end(out);
}
