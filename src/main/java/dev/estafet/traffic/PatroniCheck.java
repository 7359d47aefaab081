package dev.estafet.traffic;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Patroni's checks of a node's part, with all names that it gives them (its manual, "Patroni REST API"). */
enum PatroniCheck {
    PRIMARY("", "primary", "read-write", "master"),
    LEADER("leader"),
    STANDBY_LEADER("standby-leader", "standby_leader"),
    REPLICA("replica"),
    READ_ONLY("read-only"),
    SYNCHRONOUS("sync", "synchronous"),
    QUORUM("quorum"),
    ASYNCHRONOUS("async", "asynchronous"),
    READ_ONLY_SYNCHRONOUS("read-only-sync"),
    READ_ONLY_QUORUM("read-only-quorum"),
    HEALTH("health"),
    /** Answers 200 whatever the node is. */
    ANY("patroni");

    private static final Map<String, PatroniCheck> BY_PATH = Arrays.stream(values())
            .flatMap(check -> check.names.stream().map(name -> Map.entry("/" + name, check)))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    private final List<String> names;

    PatroniCheck(String... names) {
        this.names = List.of(names);
    }

    static Optional<PatroniCheck> at(String path) {
        return Optional.ofNullable(BY_PATH.get(path));
    }

    static Stream<String> paths() {
        return BY_PATH.keySet().stream();
    }

    /** Whether the query's {@code tag_NAME} parameters count: not where it is the primary that is asked for. */
    boolean heedsTags() {
        return switch (this) {
            case PRIMARY, LEADER, STANDBY_LEADER, ANY -> false;
            case REPLICA,
                    READ_ONLY,
                    SYNCHRONOUS,
                    QUORUM,
                    ASYNCHRONOUS,
                    READ_ONLY_SYNCHRONOUS,
                    READ_ONLY_QUORUM,
                    HEALTH -> true;
        };
    }
}
