package dev.estafet.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.estafet.testing.OpenApiDocument.Call;
import io.restassured.filter.Filter;
import io.restassured.filter.FilterContext;
import io.restassured.response.Response;
import io.restassured.specification.FilterableRequestSpecification;
import io.restassured.specification.FilterableResponseSpecification;
import java.net.URI;
import java.util.Objects;

/**
 * Holds every answer that a test gets to the OpenAPI document: its status and its content type are named there, and its
 * body has the schema. What peers say to each other is not documented, nor is what HTTP itself refuses.
 */
final class AsDocumented implements Filter {

    private static final OpenApiDocument DOCUMENT = OpenApiDocument.built();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int METHOD_NOT_ALLOWED = 405;

    @Override
    public Response filter(
            FilterableRequestSpecification request, FilterableResponseSpecification expected, FilterContext context) {
        var answer = context.next(request, expected);
        var path = URI.create(request.getURI()).getRawPath();
        if (answer.statusCode() != METHOD_NOT_ALLOWED) {
            DOCUMENT.call(request.getMethod(), path).ifPresent(call -> hold(call, answer));
        }
        return answer;
    }

    private static void hold(Call call, Response answer) {
        var what = "%s answered %d".formatted(call, answer.statusCode());
        assertThat(call.statuses()).as(what).contains(Integer.toString(answer.statusCode()));
        var contents =
                DOCUMENT.response(call, Integer.toString(answer.statusCode())).path("content");
        if (contents.isEmpty()) {
            assertThat(answer.asString()).as(what).isEmpty();
            return;
        }
        var type = Objects.requireNonNullElse(answer.contentType(), "").replaceFirst(";.*", "");
        assertThat(contents.fieldNames()).as(what).toIterable().contains(type);
        var body = type.endsWith("json") ? json(answer.asString()) : new TextNode(answer.asString());
        assertThat(DOCUMENT.faults(contents.path(type).path("schema"), body))
                .as("%s with %s", what, body)
                .isEmpty();
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException failure) {
            throw new AssertionError("not JSON: " + text, failure);
        }
    }
}
