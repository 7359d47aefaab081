package dev.estafet.pgbouncer;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.estafet.EstafetConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each contradiction stops the start, and the message names the key. */
class PoolerConfigurationCheckTest {

    private static final Map<String, String> SOUND = Map.of(
            "host",
            "10.0.0.9",
            "databases",
            "app,shop",
            "hosts",
            "self",
            "databases-file",
            "/etc/pgbouncer/databases.ini");

    @Test
    void takesWhatIsSound() {
        assertThatCode(() -> check("web", "port", "6433")).doesNotThrowAnyException();
    }

    @Test
    void wantsOneAddress() {
        refuses("host", "socket-directory", "/var/run/postgresql");
        refuses("host", "host", "");
    }

    @Test
    void wantsDatabasesByName() {
        refuses("databases", "databases", "");
        refuses("databases", "databases", "app,*");
        refuses("databases", "databases", "pgbouncer");
    }

    @Test
    void wantsOneWayToPointWhatNamesThePrimaryItself() {
        refuses("databases-file", "databases-file", "");
        refuses("point-command", "point-command", "/usr/local/bin/point,{host}");
        refuses("databases-file", "hosts", "follows");
    }

    @Test
    void wantsTimeOuts() {
        refuses("pause-time-out", "pause-time-out", "0s");
        refuses("resume-time-out", "resume-time-out", "0s");
        refuses("hosts", "hosts", "sometimes");
    }

    @Test
    void wantsANameThatNoMemberBears() {
        assertThatThrownBy(() -> check("pg1", "port", "6433")).hasMessageContaining("estafet.pgbouncer.pg1:");
    }

    private static void refuses(String named, String key, String value) {
        assertThatThrownBy(() -> check("web", key, value))
                .as("%s=%s", key, value)
                .hasMessageContaining("estafet.pgbouncer.web." + named);
    }

    private static void check(String pooler, String key, String value) {
        var properties = new HashMap<>(Map.of(
                "estafet.node", "pg1",
                "estafet.members.pg1.host", "10.0.0.1",
                "estafet.members.pg1.service", "http://10.0.0.1:8008"));
        SOUND.forEach((name, it) -> properties.put("estafet.pgbouncer." + pooler + "." + name, it));
        properties.put("estafet.pgbouncer." + pooler + "." + key, value);
        var config = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(EstafetConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build();
        new PoolerConfigurationCheck(config.getConfigMapping(EstafetConfig.class)).check();
    }
}
