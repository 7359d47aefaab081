package dev.estafet.traffic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.traffic.Endpoints.Endpoint;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Writes a list of endpoints in the form that was asked for. */
@Singleton
final class Rendering {

    /** Names of the lists, in Envoy's requests and answers. */
    static final String READS = "reads";

    static final String WRITES = "writes";

    static final String ENDPOINT_TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

    private final ObjectMapper json;
    private final HaproxyConfiguration haproxy;

    Rendering(ObjectMapper json, HaproxyConfiguration haproxy) {
        this.json = json;
        this.haproxy = haproxy;
    }

    /**
     * A list in that form.
     *
     * @param name {@link #READS} or {@link #WRITES}
     * @param maxLag up to which HAProxy is to read from a standby, in bytes
     */
    String render(Format format, String name, Endpoints list, long maxLag) {
        return switch (format) {
            case JSON -> write(list);
            case TEXT -> list.toText();
            case HAPROXY -> haproxy.text(maxLag);
            case ENVOY -> write(envoy(Map.of(name, list)));
            case PROMETHEUS -> write(prometheus(name, list));
            case LIBPQ -> libpq(name, list);
            case JDBC -> jdbc(name, list);
        };
    }

    /** Changes when, and only when, what the form says of the endpoints does; the time and the lag do not count. */
    String entityTag(Format format, Endpoints list, String text) {
        return switch (format) {
            case JSON, ENVOY -> version(list) + "-" + format;
            case TEXT, HAPROXY, PROMETHEUS, LIBPQ, JDBC -> digest(text) + "-" + format;
        };
    }

    private static String version(Endpoints list) {
        return digest(list.stale() + " " + list.primaryFallback() + "\n" + list.toText());
    }

    private static String digest(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** {@code DiscoveryResponse} of Envoy's v3 API, with a {@code ClusterLoadAssignment} for each list. */
    Map<String, Object> envoy(Map<String, Endpoints> lists) {
        var version = lists.keySet().stream()
                .sorted()
                .map(name -> version(Objects.requireNonNull(lists.get(name))))
                .collect(Collectors.joining("+"));
        return Map.of(
                "version_info",
                version,
                "type_url",
                ENDPOINT_TYPE,
                "resources",
                lists.entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(it -> assignment(it.getKey(), it.getValue()))
                        .toList());
    }

    private static Map<String, Object> assignment(String name, Endpoints list) {
        return Map.of(
                "@type",
                ENDPOINT_TYPE,
                "cluster_name",
                name,
                "endpoints",
                List.of(Map.of(
                        "lb_endpoints",
                        list.endpoints().stream().map(Rendering::envoyEndpoint).toList())));
    }

    private static Map<String, Object> envoyEndpoint(Endpoint endpoint) {
        var address = Map.of("socket_address", Map.of("address", endpoint.host(), "port_value", endpoint.port()));
        return Map.of("health_status", "HEALTHY", "endpoint", Map.of("address", address, "hostname", endpoint.node()));
    }

    private static List<Map<String, Object>> prometheus(String name, Endpoints list) {
        return list.endpoints().stream()
                .map(it -> Map.<String, Object>of(
                        "targets",
                        List.of(it.address()),
                        "labels",
                        Map.of(
                                "__meta_estafet_cluster", list.cluster(),
                                "__meta_estafet_list", name,
                                "__meta_estafet_node", it.node(),
                                "__meta_estafet_label", it.label().toString())))
                .toList();
    }

    /**
     * The attribute keeps a client that holds on to the URI from writing to, or reading from, a server that has changed its
     * part since ({@code prefer-standby} and {@code primary}: libpq 14 and newer; {@code read-write}: all).
     */
    private static String libpq(String name, Endpoints list) {
        return list.endpoints().isEmpty()
                ? ""
                : "postgresql://%s/?target_session_attrs=%s\n"
                        .formatted(addresses(list), name.equals(WRITES) ? "read-write" : "prefer-standby");
    }

    private static String jdbc(String name, Endpoints list) {
        return list.endpoints().isEmpty()
                ? ""
                : "jdbc:postgresql://%s/?%s\n"
                        .formatted(
                                addresses(list),
                                name.equals(WRITES)
                                        ? "targetServerType=primary"
                                        : "targetServerType=preferSecondary&loadBalanceHosts=true");
    }

    private static String addresses(Endpoints list) {
        return list.endpoints().stream().map(Endpoint::address).collect(Collectors.joining(","));
    }

    private String write(Object body) {
        try {
            return json.writeValueAsString(body);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
