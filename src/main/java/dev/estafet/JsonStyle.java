package dev.estafet;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;

/** A record's components are its JSON; questions that it answers, such as {@code isRunning()}, are not. */
@Singleton
public final class JsonStyle implements ObjectMapperCustomizer {

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.setVisibility(PropertyAccessor.IS_GETTER, Visibility.NONE);
    }

    /**
     * Passes over fields that it does not know: for what other versions of Estafet wrote, as peers do during an upgrade and
     * the journal after one. What callers send is read strictly.
     */
    public static ObjectMapper lenient(ObjectMapper mapper) {
        return mapper.copy().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    }
}
