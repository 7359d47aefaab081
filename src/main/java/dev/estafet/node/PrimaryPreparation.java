package dev.estafet.node;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.postgres.ArchiveCommand;
import dev.estafet.postgres.AutoConf;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.HbaFile;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.ReplicationRole;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Makes a primary ready to be streamed from: settings, replication role, {@code pg_hba.conf}, archiving (runbook, steps 2
 * and 4 to 6). Changes only what is not right yet, so a second run changes nothing.
 */
@Singleton
final class PrimaryPreparation {

    private static final String CONTEXT = "select context = 'postmaster' from pg_settings where name = ?";
    private static final int ROOMY = 10;

    private final EstafetConfig config;
    private final Reporter reporter;
    private final Database database;
    private final ReplicationRole role;
    private final AutoConf autoConf;
    private final PgCtl pgCtl;

    PrimaryPreparation(
            EstafetConfig config,
            Reporter reporter,
            Database database,
            ReplicationRole role,
            AutoConf autoConf,
            PgCtl pgCtl) {
        this.config = config;
        this.reporter = reporter;
        this.database = database;
        this.role = role;
        this.autoConf = autoConf;
        this.pgCtl = pgCtl;
    }

    Preparation plan() {
        return describe(reporter.server());
    }

    Preparation carryOut() {
        var server = reporter.server();
        var preparation = describe(server);
        if (preparation.role()) {
            role.make();
        }
        if (preparation.hba()) {
            HbaFile.allow(hbaFile(server), HbaFile.Access.of(config));
        }
        var before = autoConf.content();
        missingSettings(server).forEach(database::alterSystem);
        if (preparation.needRestart().isEmpty()) {
            database.reloadConfiguration();
            return preparation;
        }
        restart(before);
        return preparation;
    }

    private Preparation describe(Server server) {
        var settings = missingSettings(server);
        return new Preparation(
                settings.entrySet().stream()
                        .map(it -> it.getKey() + " = '" + it.getValue() + "'")
                        .toList(),
                settings.keySet().stream()
                        .filter(name -> database.isTrue(Database.SHORTLY, CONTEXT, name))
                        .toList(),
                role.isMissing(),
                !HbaFile.allows(hbaFile(server), HbaFile.Access.of(config)),
                role.hasOtherPassword());
    }

    private Map<String, String> missingSettings(Server server) {
        var missing = new LinkedHashMap<String, String>();
        if (!listensOn(server.setting("listen_addresses"), self().host())) {
            missing.put("listen_addresses", "*");
        }
        if (server.setting("wal_level").equals("minimal")) {
            missing.put("wal_level", "replica");
        }
        // A base backup takes two senders beside those of the standbys.
        if (server.number("max_wal_senders") < config.members().size() + 2) {
            missing.put("max_wal_senders", Integer.toString(config.members().size() + ROOMY));
        }
        if (server.number("max_replication_slots") < config.members().size()) {
            missing.put(
                    "max_replication_slots", Integer.toString(config.members().size() + ROOMY));
        }
        if (!server.isOn("hot_standby")) {
            missing.put("hot_standby", "on");
        }
        if (!server.isOn("data_checksums") && !server.isOn("wal_log_hints")) {
            missing.put("wal_log_hints", "on");
        }
        ArchiveCommand.of(config.archive()).ifPresent(command -> {
            if (server.setting("archive_mode").equals("off")) {
                missing.put("archive_mode", "on");
            }
            if (!server.setting("archive_command").equals(command)) {
                missing.put("archive_command", command);
            }
        });
        return missing;
    }

    static boolean listensOn(String addresses, String host) {
        var listed = List.of(addresses.split("\\s*,\\s*"));
        return listed.contains("*")
                || listed.contains(host)
                || (listed.contains("0.0.0.0") && !host.contains(":"))
                || (listed.contains("localhost") && List.of("127.0.0.1", "::1").contains(host));
    }

    /** Should the server not start with the new settings, it is started with the old ones again. */
    private void restart(String autoConfBefore) {
        pgCtl.stop(config.timeOuts().stop());
        database.forgetConnections();
        try {
            pgCtl.start(config.timeOuts().start());
        } catch (ProblemException failure) {
            autoConf.restore(autoConfBefore);
            pgCtl.start(config.timeOuts().start());
            throw new Problem(
                            Kind.COMMAND_FAILED,
                            "The primary did not start with the settings that replication needs, and runs with its old"
                                    + " ones again: " + failure.problem().detail(),
                            failure.problem().remedy())
                    .raisedBy(failure);
        }
    }

    private Path hbaFile(Server server) {
        return Path.of(server.setting("hba_file"));
    }

    private Member self() {
        return Objects.requireNonNull(config.members().get(config.node()));
    }
}
