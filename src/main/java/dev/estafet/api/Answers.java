package dev.estafet.api;

import dev.estafet.operation.Operation;
import dev.estafet.operation.Operation.State;
import dev.estafet.operation.Operations;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a mutating call is answered: at once with 202 and where to look, or, with {@code Prefer: wait=SECONDS} (RFC 7240),
 * with the outcome once there is one. Never with a failure while work goes on.
 */
@Singleton
final class Answers {

    private static final Pattern WAIT = Pattern.compile("\\bwait=(\\d{1,5})\\b");

    private final Operations operations;

    Answers(Operations operations) {
        this.operations = operations;
    }

    Response to(Operation operation, HttpHeaders headers) {
        var wait = Optional.ofNullable(headers.getHeaderString("Prefer"))
                .map(WAIT::matcher)
                .filter(Matcher::find)
                .map(found -> Duration.ofSeconds(Long.parseLong(found.group(1))));
        if (wait.isEmpty()) {
            return accepted(operation).build();
        }
        var latest = ended(operation, wait.get());
        if (latest.isRunning()) {
            return accepted(latest).build();
        }
        if (latest.state() != State.COMPLETED) {
            return ProblemDocument.response(Objects.requireNonNull(latest.problem()), latest.id());
        }
        return Response.ok(latest, MediaType.APPLICATION_JSON_TYPE)
                .header(HttpHeaders.LOCATION, "/operations/" + latest.id())
                .header("Preference-Applied", "wait=" + wait.get().toSeconds())
                .build();
    }

    private static Response.ResponseBuilder accepted(Operation operation) {
        return Response.accepted(operation)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .header(HttpHeaders.LOCATION, "/operations/" + operation.id());
    }

    private Operation ended(Operation operation, Duration wait) {
        var end = new CompletableFuture<Operation>();
        var listening = operations.listen(changed -> {
            if (changed.id().equals(operation.id()) && !changed.isRunning()) {
                end.complete(changed);
            }
        });
        try (listening) {
            var now = operations.find(operation.id()).orElse(operation);
            return now.isRunning() ? end.get(wait.toMillis(), TimeUnit.MILLISECONDS) : now;
        } catch (TimeoutException notYet) {
            return operations.find(operation.id()).orElse(operation);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return operation;
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
