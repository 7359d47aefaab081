package dev.estafet.pgbouncer;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Hosts;
import dev.estafet.EstafetConfig.PgBouncer;
import io.quarkus.runtime.Startup;
import jakarta.annotation.Priority;
import jakarta.inject.Singleton;
import java.util.Set;

/** Stops the start where what is said of a PgBouncer contradicts itself; each message names the key. */
@Singleton
final class PoolerConfigurationCheck {

    private final EstafetConfig config;

    PoolerConfigurationCheck(EstafetConfig config) {
        this.config = config;
    }

    @Startup
    @Priority(1)
    void check() {
        config.pgbouncer().forEach((name, pooler) -> {
            require(
                    !config.members().containsKey(name),
                    "estafet.pgbouncer.%s: a member has this name already".formatted(name));
            check("estafet.pgbouncer.%s.".formatted(name), pooler);
        });
    }

    static void check(String key, PgBouncer pooler) {
        require(
                pooler.host().isPresent() != pooler.socketDirectory().isPresent(),
                key + "host or " + key + "socket-directory must be set, and only one of them");
        require(
                !pooler.databases().isEmpty()
                        && pooler.databases().stream()
                                .noneMatch(it -> Set.of("", "*", "pgbouncer").contains(it.strip())),
                key + "databases must name databases of that PgBouncer, one by one");
        require(pooler.pauseTimeOut().isPositive(), key + "pause-time-out must be longer than nothing");
        require(pooler.resumeTimeOut().isPositive(), key + "resume-time-out must be longer than nothing");
        var ways = (pooler.databasesFile().isPresent() ? 1 : 0)
                + (pooler.pointCommand().isPresent() ? 1 : 0);
        require(
                pooler.hosts() == Hosts.FOLLOWS || ways == 1,
                key + "databases-file or " + key + "point-command must be set for hosts=self, and only one of them");
        require(
                pooler.hosts() == Hosts.SELF || ways == 0,
                key + "databases-file and " + key + "point-command are for hosts=self only");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalStateException(message);
        }
    }
}
