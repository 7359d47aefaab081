package dev.estafet.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import jakarta.validation.ConstraintViolationException;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.stream.Collectors;
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
        var where = failure.getPath().stream()
                .map(JsonMappingException.Reference::getFieldName)
                .filter(name -> name != null)
                .collect(Collectors.joining("."));
        return invalid((where.isEmpty() ? "" : "Field " + where + ": ") + failure.getOriginalMessage());
    }

    @ServerExceptionMapper
    Response json(JsonProcessingException failure) {
        return invalid("The body is not JSON: " + failure.getOriginalMessage());
    }

    @ServerExceptionMapper
    Response invalid(ConstraintViolationException failure) {
        return invalid(failure.getConstraintViolations().stream()
                .map(it -> it.getPropertyPath() + " " + it.getMessage())
                .sorted()
                .collect(Collectors.joining("; ")));
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
    Response other(WebApplicationException failure) {
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
