package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.cluster.Cluster;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.List;

/**
 * Writes a whole {@code haproxy.cfg} for the members: writes to the primary, reads to the standbys, and to the primary where
 * there is none. Whom it is that HAProxy finds out by its checks; so the text changes with the members only.
 */
@Singleton
final class HaproxyConfiguration {

    private final EstafetConfig config;
    private final Cluster cluster;

    HaproxyConfiguration(EstafetConfig config, Cluster cluster) {
        this.config = config;
        this.cluster = cluster;
    }

    /**
     * The file.
     *
     * @param maxLag up to which a standby serves reads, in bytes
     */
    String text(long maxLag) {
        var haproxy = config.haproxy();
        return HEADER.formatted(config.cluster(), stats(haproxy.sockets().orElse(List.of())))
                + LISTEN.formatted(
                        haproxy.writeBackend(),
                        haproxy.bind(),
                        haproxy.writePort(),
                        "/writable",
                        NO_RETRIES + servers("write"))
                + LISTEN.formatted(
                        haproxy.readBackend(),
                        haproxy.bind(),
                        haproxy.readPort(),
                        "/replica?replication_state=streaming&lag=" + maxLag,
                        servers("read") + standIns());
    }

    /** Checks cost microseconds here, so they may be frequent; the longest time-outs are for idle sessions. */
    private static final String HEADER = """
            # HAProxy in front of PostgreSQL cluster %s, rendered by Estafet. It need not be rendered again when roles change.
            global
            %s

            defaults
                mode tcp
                log global
                timeout connect 2s
                timeout check 2s
                timeout client 1h
                timeout server 1h
                default-server weight 100 init-addr last,libc,none inter 250ms fall 2 rise 1 on-marked-down shutdown-sessions
            """;

    private static final String LISTEN = """

            listen %s
                bind %s:%d
                option httpchk
                http-check send meth HEAD uri %s
                http-check expect status 200
            %s""";

    /**
     * With one server up, HAProxy waits a second before it tries that again: clients would sit with a primary that has stopped
     * while the new one is there already. Refused, they come back by themselves.
     */
    private static final String NO_RETRIES = "    retries 0\n";

    private static String stats(List<String> sockets) {
        return sockets.size() != 1
                ? ""
                : new HaproxySocket(sockets.getFirst()).isUnix()
                        ? "    stats socket %s mode 660 level admin\n".formatted(sockets.getFirst())
                        : "    stats socket ipv4@%s level admin\n".formatted(sockets.getFirst());
    }

    private String servers(String purpose) {
        var text = new StringBuilder();
        cluster.names().forEach(name -> {
            var member = cluster.member(name);
            text.append("    server %s %s:%d check%s%s\n"
                    .formatted(
                            name,
                            Endpoints.bracketed(member.host()),
                            member.port(),
                            check(member),
                            agent(member, purpose)));
        });
        return text.toString();
    }

    private static String check(Member member) {
        var service = member.service();
        return (service.getHost().equals(member.host()) ? "" : " addr " + service.getHost())
                + " port " + port(service)
                + (service.getScheme().equals("https") ? " check-ssl verify none" : "");
    }

    private static int port(URI service) {
        if (service.getPort() >= 0) {
            return service.getPort();
        }
        return service.getScheme().equals("https") ? 443 : 80;
    }

    private static String agent(Member member, String purpose) {
        return member.agentPort().isEmpty()
                ? ""
                : " agent-check agent-addr %s agent-port %d agent-inter 250ms agent-send %s\\n"
                        .formatted(
                                member.service().getHost(), member.agentPort().getAsInt(), purpose);
    }

    /** A second entry for each server, up where the first one in the list of writes is, used where nothing else is up. */
    private String standIns() {
        if (!config.traffic().primaryFallback()) {
            return "";
        }
        var text = new StringBuilder();
        cluster.names().forEach(name -> {
            var member = cluster.member(name);
            text.append("    server %s-as-primary %s:%d track %s/%s backup\n"
                    .formatted(
                            name,
                            Endpoints.bracketed(member.host()),
                            member.port(),
                            config.haproxy().writeBackend(),
                            name));
        });
        return text.toString();
    }
}
