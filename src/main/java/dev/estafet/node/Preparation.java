package dev.estafet.node;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;

/**
 * What a primary had to change, or would have to, before a standby can be made from it.
 *
 * @param settings changed, as {@code name = value}
 * @param needRestart those of them that take effect only with a restart
 * @param role whether the replication role was missing or could not log in with the configured password
 * @param hba whether {@code pg_hba.conf} lacked the members' lines
 * @param otherPassword whether the replication role exists with a password other than the configured one; then nothing
 *     is changed, since other standbys may use it
 */
@RegisterForReflection
public record Preparation(
        List<String> settings, List<String> needRestart, boolean role, boolean hba, boolean otherPassword) {

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
            words.append("made the replication role; ");
        }
        if (hba) {
            words.append("let the members in by pg_hba.conf; ");
        }
        return words.append(
                        needRestart.isEmpty() ? "no restart needed" : "restarted for " + String.join(", ", needRestart))
                .toString();
    }
}
