#include "module.h"

#include <string.h>

int view(PyObject *object, Py_buffer *buffer, const char *name, const char *type, Py_ssize_t width, Py_ssize_t *rows) {
    if (PyObject_GetBuffer(object, buffer, PyBUF_ND | PyBUF_FORMAT) < 0)
        return -1;
    if (strcmp(buffer->format, type) != 0 || buffer->ndim != (width == 1 ? 1 : 2) ||
        (width > 1 && buffer->shape[1] != width) || (*rows >= 0 && buffer->shape[0] != *rows)) {
        PyErr_Format(PyExc_ValueError, "%s is not an array of the shape and type that the signature names", name);
        PyBuffer_Release(buffer);
        return -1;
    }
    *rows = buffer->shape[0];
    return 0;
}

// A function of numpy, kept from its first use on.
static PyObject *numpy_function(PyObject **kept, const char *name) {
    if (!*kept) {
        PyObject *numpy = PyImport_ImportModule("numpy");
        *kept = numpy ? PyObject_GetAttrString(numpy, name) : NULL;
        Py_XDECREF(numpy);
    }
    return *kept;
}

PyObject *zeros(const char *type, Py_ssize_t n, Py_ssize_t width, Py_buffer *buffer) {
    static PyObject *kept;
    PyObject *function = numpy_function(&kept, "zeros");
    if (!function)
        return NULL;
    PyObject *array = width == 1 ? PyObject_CallFunction(function, "ns", n, type)
                                 : PyObject_CallFunction(function, "(nn)s", n, width, type);
    if (array && PyObject_GetBuffer(array, buffer, PyBUF_WRITABLE) < 0)
        Py_CLEAR(array);
    return array;
}

PyObject *array_of(const char *type, const void *items, size_t n, size_t size) {
    Py_buffer buffer;
    PyObject *array = zeros(type, (Py_ssize_t)n, 1, &buffer);
    if (array) {
        if (n > 0)
            memcpy(buffer.buf, items, n * size);
        PyBuffer_Release(&buffer);
    }
    return array;
}

int view_memory(PyObject *memory, Py_buffer *buffer, int writable, Py_ssize_t least, int alignment) {
    if (PyObject_GetBuffer(memory, buffer, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0)
        return -1;
    if (buffer->len >= least && (uintptr_t)buffer->buf % alignment == 0)
        return 0;
    if (buffer->len < least)
        PyErr_Format(PyExc_ValueError, "the memory has %zd bytes, and %zd are needed", buffer->len, least);
    else
        PyErr_Format(PyExc_ValueError, "the memory does not begin at a multiple of %d", alignment);
    PyBuffer_Release(buffer);
    return -1;
}
