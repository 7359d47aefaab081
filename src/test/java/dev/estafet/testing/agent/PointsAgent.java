package dev.estafet.testing.agent;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts calls of {@link Points} into the service's classes as they are loaded. */
public final class PointsAgent implements ClassFileTransformer {

    private static final ClassDesc POINTS = ClassDesc.of("dev.estafet.testing.agent.Points");
    private static final ClassDesc PATH = ClassDesc.of("java.nio.file.Path");
    private static final ClassDesc INSTANT = ClassDesc.of("java.time.Instant");
    private static final MethodTypeDesc WRITE =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String, PATH, ConstantDescs.CD_String);
    private static final MethodTypeDesc DELETE =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String, PATH);
    private static final MethodTypeDesc BEGUN = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object);
    private static final MethodTypeDesc NOW = MethodTypeDesc.of(INSTANT);

    private PointsAgent() {}

    /** Called by the JVM before {@code main}. */
    public static void premain(String directory, Instrumentation instrumentation) {
        System.setProperty("points.directory", directory);
        instrumentation.addTransformer(new PointsAgent());
    }

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader,
            String name,
            @Nullable Class<?> redefined,
            @Nullable ProtectionDomain domain,
            byte[] bytes) {
        if (loader == null || !name.startsWith("dev/estafet/")) {
            return null;
        }
        try {
            return transformed(loader, name, bytes);
        } catch (RuntimeException failure) {
            failure.printStackTrace(); // The JVM itself would keep silent about it.
            Runtime.getRuntime().halt(3);
            return null;
        }
    }

    private static byte[] transformed(ClassLoader loader, String name, byte[] bytes) {
        var classFile = ClassFile.of(ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader)));
        var transforms = new ArrayList<>(List.of(ClassTransform.transformingMethodBodies(otherClock())));
        if (name.endsWith("/DurableFile")) {
            transforms.add(around("write", 3, PointsAgent::callWrite));
            transforms.add(around("overwrite", 2, PointsAgent::callWrite));
            transforms.add(around("delete", 1, PointsAgent::callDelete));
        }
        if (name.endsWith("/operation/Runner")) {
            transforms.add(ClassTransform.transformingMethodBodies(
                    it -> it.methodName().equalsString("perform"), PointsAgent::afterBegin));
        }
        var transformed = bytes;
        for (var transform : transforms) {
            transformed = classFile.transformClass(classFile.parse(transformed), transform);
        }
        return transformed;
    }

    /** Puts a call on one side of a method's body. */
    @FunctionalInterface
    private interface Call {
        void at(String side, CodeBuilder code);
    }

    private static ClassTransform around(String method, int parameters, Call call) {
        return ClassTransform.transformingMethodBodies(
                it -> it.methodName().equalsString(method)
                        && it.methodTypeSymbol().parameterCount() == parameters,
                CodeTransform.ofStateful(() -> new Around(call)));
    }

    private static final class Around implements CodeTransform {

        private final Call call;

        Around(Call call) {
            this.call = call;
        }

        @Override
        public void atStart(CodeBuilder code) {
            call.at("before", code);
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            if (element instanceof ReturnInstruction) {
                call.at("after", code);
            }
            code.with(element);
        }
    }

    private static void callWrite(String side, CodeBuilder code) {
        code.loadConstant(side).aload(0).aload(1).invokestatic(POINTS, "write", WRITE);
    }

    private static void callDelete(String side, CodeBuilder code) {
        code.loadConstant(side).aload(0).invokestatic(POINTS, "delete", DELETE);
    }

    /** Between a phase's begin, which holds a lock, and its action; the phase is the method's second parameter. */
    private static void afterBegin(CodeBuilder code, CodeElement element) {
        code.with(element);
        if (element instanceof InvokeInstruction call && call.name().equalsString("begin")) {
            code.aload(2).invokestatic(POINTS, "begun", BEGUN);
        }
    }

    private static CodeTransform otherClock() {
        return (code, element) -> {
            if (element instanceof InvokeInstruction call
                    && call.owner().asSymbol().equals(INSTANT)
                    && call.name().equalsString("now")) {
                code.invokestatic(POINTS, "now", NOW);
            } else {
                code.with(element);
            }
        };
    }
}
