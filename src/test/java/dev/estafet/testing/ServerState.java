package dev.estafet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything about a server that a refused request must leave as it was; two looks at an untouched server are equal.
 *
 * @param facts by name, so that a difference reads well in a failure
 */
public record ServerState(Map<String, String> facts) {

    private static final Map<String, String> QUESTIONS = Map.of(
            "role", "SELECT CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END",
            "system identifier", "SELECT system_identifier::text FROM pg_control_system()",
            "timeline", "SELECT timeline_id::text FROM pg_control_checkpoint()",
            "postmaster start", "SELECT pg_postmaster_start_time()::text",
            "slots",
                    "SELECT coalesce(string_agg(slot_name || ' ' || slot_type || ' ' || active, ', ' ORDER BY slot_name), '')"
                            + " FROM pg_replication_slots WHERE NOT temporary",
            "settings",
                    "SELECT string_agg(name || '=' || setting, E'\\n' ORDER BY name) FROM pg_settings"
                            + " WHERE source NOT IN ('default', 'client', 'session', 'override')"
                            + " AND name NOT IN ('application_name')",
            "roles",
                    "SELECT string_agg(concat_ws(' ', rolname, rolsuper, rolreplication, rolcanlogin, rolpassword), E'\\n'"
                            + " ORDER BY rolname) FROM pg_authid",
            "schemas", "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_'");

    static ServerState of(TestNode node) {
        var facts = new TreeMap<String, String>();
        QUESTIONS.forEach((name, sql) -> facts.put(name, node.isRunning() ? node.text(sql) : "down"));
        for (var file : List.of("postgresql.conf", "pg_hba.conf")) {
            facts.put(file, content(node.configuration().resolve(file)));
        }
        facts.put("postgresql.auto.conf", content(node.data().resolve("postgresql.auto.conf")));
        facts.put("standby.signal", Boolean.toString(Files.exists(node.data().resolve("standby.signal"))));
        facts.put("data directory", identity(node.data()));
        return new ServerState(facts);
    }

    private static String content(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "missing";
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String identity(Path directory) {
        try {
            return Files.exists(directory) ? "inode " + Files.getAttribute(directory, "unix:ino") : "missing";
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
