package dev.estafet.traffic;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.postgres.ByteSize;
import dev.estafet.traffic.Routing.Wanted;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads what a caller wants a list to be like; each is an invalid request where it makes no sense. */
final class Wishes {

    private Wishes() {}

    static OptionalLong limit(@Nullable String maxLag) {
        return maxLag == null ? OptionalLong.empty() : OptionalLong.of(ByteSize.inRequest("maxLag", maxLag));
    }

    /** What is not said is as configured. */
    static Wanted of(Wanted configured, @Nullable String maxLag, @Nullable String minimum, @Nullable String fallback) {
        return new Wanted(
                limit(maxLag).orElse(configured.maxLag()),
                minimum == null ? configured.minimum() : number(minimum),
                fallback == null ? configured.fallback() : truth(fallback));
    }

    private static int number(String minimum) {
        if (!minimum.matches("\\d{1,4}")) {
            throw new Problem(
                            Kind.INVALID_REQUEST,
                            "min: %s is not a number of servers.".formatted(minimum),
                            "Write a number such as 2.")
                    .raised();
        }
        return Integer.parseInt(minimum);
    }

    private static boolean truth(String fallback) {
        return switch (fallback) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw new Problem(
                                Kind.INVALID_REQUEST,
                                "fallback: %s is neither true nor false.".formatted(fallback),
                                "Use true or false.")
                        .raised();
        };
    }
}
