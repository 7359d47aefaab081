package dev.estafet.api;

import dev.estafet.EstafetConfig;
import dev.estafet.Secrets;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The tokens that are believed, read once at the start; compared in constant time for the length of what was sent. */
@Singleton
final class Tokens {

    private final String cluster;
    private final Map<String, String> operators = new TreeMap<>();
    private final Optional<String> peer;

    Tokens(EstafetConfig config) {
        cluster = config.cluster();
        peer = Secrets.token(config.peer());
        config.operators()
                .forEach((name, secret) -> Secrets.token(secret).ifPresent(token -> operators.put(name, token)));
    }

    /** The cluster within which they count. */
    String cluster() {
        return cluster;
    }

    boolean knowOperators() {
        return !operators.isEmpty();
    }

    boolean knowPeer() {
        return peer.isPresent();
    }

    boolean isPeer(@Nullable String sent) {
        return peer.filter(token -> isSame(token, sent)).isPresent();
    }

    /** The operator whose token this is. */
    Optional<String> operator(@Nullable String sent) {
        return operators.entrySet().stream()
                .filter(operator -> isSame(operator.getValue(), sent))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static boolean isSame(String expected, @Nullable String sent) {
        return sent != null
                && MessageDigest.isEqual(
                        expected.getBytes(StandardCharsets.UTF_8), sent.getBytes(StandardCharsets.UTF_8));
    }
}
