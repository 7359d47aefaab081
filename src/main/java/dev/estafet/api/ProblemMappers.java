package dev.estafet.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.Path;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.NotSupportedException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Turns whatever was thrown into a problem document; nothing leaves the service as a bare error page. */
final class ProblemMappers {

    private static final Logger LOG = Logger.getLogger(ProblemMappers.class);
    private static final String SEE = "See /q/swagger-ui for the calls, their fields and examples.";

    @ServerExceptionMapper
    Response known(ProblemException failure) {
        return ProblemDocument.response(failure.problem(), null);
    }

    @ServerExceptionMapper
    Response json(JsonMappingException failure) {
        var where = path(failure);
        return invalid((where.isEmpty() ? "" : "Field " + where + ": ") + failure.getOriginalMessage());
    }

    /** Quarkus has a mapper of its own for this one, with an empty body; only one for the very same class replaces it. */
    @ServerExceptionMapper
    Response mismatch(MismatchedInputException failure) {
        var where = path(failure);
        return invalid(
                where.isEmpty() ? "The body is not a JSON object." : "Field %s: not a value for it.".formatted(where));
    }

    @ServerExceptionMapper
    Response unknownField(UnrecognizedPropertyException failure) {
        var known = failure.getKnownPropertyIds().stream()
                .map(Object::toString)
                .sorted()
                .collect(Collectors.joining(", "));
        return ProblemDocument.response(
                new Problem(
                        Kind.INVALID_REQUEST,
                        "Field %s is not known.".formatted(path(failure)),
                        "The fields are %s.".formatted(known)),
                null);
    }

    private static String path(JsonMappingException failure) {
        return failure.getPath().stream()
                .map(JsonMappingException.Reference::getFieldName)
                .filter(name -> name != null)
                .collect(Collectors.joining("."));
    }

    @ServerExceptionMapper
    Response json(JsonProcessingException failure) {
        return invalid("The body is not JSON: " + failure.getOriginalMessage());
    }

    @ServerExceptionMapper
    Response invalid(ConstraintViolationException failure) {
        return invalid(failure.getConstraintViolations().stream()
                .map(it -> field(it.getPropertyPath()) + " " + it.getMessage())
                .sorted()
                .collect(Collectors.joining("; ")));
    }

    /** The field's path in the body, without the names of our method and its parameter. */
    private static String field(Path path) {
        var field = StreamSupport.stream(path.spliterator(), false)
                .skip(2)
                .map(Path.Node::toString)
                .collect(Collectors.joining("."));
        return field.isEmpty() ? "The body" : field;
    }

    @ServerExceptionMapper
    Response notFound(NotFoundException failure) {
        return ProblemDocument.response(new Problem(Kind.NOT_FOUND, "There is nothing at this path.", SEE), null);
    }

    @ServerExceptionMapper
    Response notAllowed(NotAllowedException failure) {
        return ProblemDocument.response(
                new Problem(Kind.NOT_ALLOWED, "This method is not known at this path.", SEE), null);
    }

    @ServerExceptionMapper
    Response notSupported(NotSupportedException failure) {
        return ProblemDocument.response(
                new Problem(
                        Kind.UNSUPPORTED_MEDIA_TYPE,
                        "The body is of a type that is not understood here.",
                        "Send JSON, with Content-Type: application/json."),
                null);
    }

    @ServerExceptionMapper
    Response notAcceptable(NotAcceptableException failure) {
        return ProblemDocument.response(
                new Problem(Kind.NOT_ACCEPTABLE, "This call does not answer with what the Accept header wants.", SEE),
                null);
    }

    @ServerExceptionMapper
    Response other(WebApplicationException failure) {
        if (failure.getCause() instanceof UnrecognizedPropertyException unknown) {
            return unknownField(unknown);
        }
        if (failure.getCause() instanceof MismatchedInputException mismatch) {
            return mismatch(mismatch);
        }
        if (failure.getCause() instanceof JsonMappingException mapping) {
            return json(mapping);
        }
        if (failure.getCause() instanceof JsonProcessingException parsing) {
            return json(parsing);
        }
        var status = failure.getResponse().getStatus();
        return status >= 500 ? unexpected(failure) : invalid("HTTP " + status + ": " + failure.getMessage());
    }

    @ServerExceptionMapper
    Response unexpected(RuntimeException failure) {
        LOG.error("An unexpected failure", failure);
        return ProblemDocument.response(ProblemException.of(failure), null);
    }

    private static Response invalid(String detail) {
        return ProblemDocument.response(new Problem(Kind.INVALID_REQUEST, detail, SEE), null);
    }
}
