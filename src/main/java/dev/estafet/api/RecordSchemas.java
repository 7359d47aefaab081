package dev.estafet.api;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import io.quarkus.smallrye.openapi.OpenApiFilter.RunStage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget.Kind;
import org.jboss.jandex.AnnotationValue;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.RecordComponentInfo;
import org.jspecify.annotations.Nullable;

/**
 * While the application is built: the schema of a record has the record's components and nothing else, as
 * {@link JsonStyle} writes it; those that are neither {@link Nullable} nor have a default are always there.
 */
@OpenApiFilter(stages = RunStage.BUILD)
public final class RecordSchemas implements OASFilter {

    private static final DotName NULLABLE = DotName.createSimple(Nullable.class);

    private final IndexView index;

    public RecordSchemas(IndexView index) {
        this.index = index;
    }

    @Override
    public void filterOpenAPI(OpenAPI document) {
        var schemas = document.getComponents().getSchemas();
        index.getAnnotations(org.eclipse.microprofile.openapi.annotations.media.Schema.class).stream()
                .filter(it -> it.target().kind() == Kind.CLASS)
                .filter(it -> it.target().asClass().isRecord())
                .forEach(it -> Optional.ofNullable(schemas.get(name(it)))
                        .filter(schema -> schema.getProperties() != null)
                        .ifPresent(schema -> fit(schema, it.target().asClass().unsortedRecordComponents())));
    }

    private static String name(AnnotationInstance schema) {
        return Optional.ofNullable(schema.value("name"))
                .map(AnnotationValue::asString)
                .orElseGet(() -> schema.target().asClass().simpleName());
    }

    private static void fit(Schema schema, List<RecordComponentInfo> components) {
        var found = schema.getProperties();
        var properties = new LinkedHashMap<String, Schema>();
        var required = new ArrayList<String>();
        for (var component : components) {
            var property = Objects.requireNonNull(found.get(component.name()), component.name());
            properties.put(component.name(), property.getRef() == null ? property : reference(property));
            if (!component.type().hasAnnotation(NULLABLE) && property.getDefaultValue() == null) {
                required.add(component.name());
            }
        }
        schema.setProperties(properties);
        schema.setRequired(required.isEmpty() ? null : required);
    }

    /** What a type is, its own schema says; beside the reference to it the scanner guesses. */
    private static Schema reference(Schema property) {
        return OASFactory.createSchema().ref(property.getRef()).description(property.getDescription());
    }
}
