package dev.estafet.traffic;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The forms in which a list of endpoints can be had. */
enum Format {
    /** Everything that is known, ours. */
    JSON(MediaType.APPLICATION_JSON_TYPE),
    /** {@code host:port}, one a line. */
    TEXT(MediaType.TEXT_PLAIN_TYPE),
    /** A whole {@code haproxy.cfg}. */
    HAPROXY(MediaType.TEXT_PLAIN_TYPE),
    /** Envoy's endpoint discovery: the answer of its REST API, which is what it reads from a file, too. */
    ENVOY(MediaType.APPLICATION_JSON_TYPE),
    /** Prometheus' HTTP service discovery. */
    PROMETHEUS(MediaType.APPLICATION_JSON_TYPE),
    /** A connection URI for libpq and all that is built on it. */
    LIBPQ(MediaType.TEXT_PLAIN_TYPE),
    /** A URL for PostgreSQL's JDBC driver. */
    JDBC(MediaType.TEXT_PLAIN_TYPE);

    private final MediaType type;

    Format(MediaType type) {
        this.type = type;
    }

    MediaType type() {
        return type;
    }

    /** What a caller asks for by name, or else by the {@code Accept} header. */
    static Format asked(@Nullable String name, HttpHeaders headers) {
        if (name == null) {
            var first = headers.getAcceptableMediaTypes().getFirst();
            return first.isCompatible(MediaType.TEXT_PLAIN_TYPE) && !first.isWildcardType() ? TEXT : JSON;
        }
        return Arrays.stream(values())
                .filter(it -> it.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new Problem(
                                Kind.INVALID_REQUEST,
                                "format: %s is not known.".formatted(name),
                                "Use %s."
                                        .formatted(Arrays.stream(values())
                                                .map(Format::toString)
                                                .collect(Collectors.joining(", "))))
                        .raised());
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
