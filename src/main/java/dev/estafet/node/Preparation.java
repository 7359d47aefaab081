package dev.estafet.node;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What makes a primary ready to be copied.
 */
@RegisterForReflection
@Schema(description = "What a primary has to change before a standby can be made from it.")
public record Preparation(
        @Schema(description = "Settings to change.", examples = "[\"wal_log_hints = 'on'\"]")
        List<String> settings,

        @Schema(description = "Those of them that take effect only with a restart.", examples = "[\"wal_log_hints\"]")
        List<String> needRestart,

        @Schema(description = "Whether the replication role is missing, or lacks the right to replicate or to rewind.")
        boolean role,

        @Schema(description = "Whether pg_hba.conf lacks the members' lines.")
        boolean hba,

        @Schema(
                description =
                        "Whether the replication role has a password other than the configured one; then nothing is"
                                + " changed, since other standbys may use it.")
        boolean otherPassword) {

    public boolean isNothing() {
        return settings.isEmpty() && !role && !hba;
    }

    /** One sentence for the journal. */
    public String inWords() {
        if (isNothing()) {
            return "the primary was ready";
        }
        var words = new StringBuilder();
        if (!settings.isEmpty()) {
            words.append("set ").append(String.join(", ", settings)).append("; ");
        }
        if (role) {
            words.append("made the replication role ready; ");
        }
        if (hba) {
            words.append("let the members in by pg_hba.conf; ");
        }
        return words.append(
                        needRestart.isEmpty() ? "no restart needed" : "restarted for " + String.join(", ", needRestart))
                .toString();
    }
}
