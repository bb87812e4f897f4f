// The type Index: how one is made, attached to, saved and opened.
#include "module_index.h"

#include <errno.h>

#include "alphabet.h"

enum { DEFAULT_ROWS = 1 << 24 };

static int parse_rows(Py_ssize_t rows) {
    if (rows >= 1 && (size_t)rows <= INDEX_ROWS)
        return 0;
    PyErr_Format(PyExc_ValueError, "an index of %zd rows; it can have 1 to %zu", rows, INDEX_ROWS);
    return -1;
}

static int parse_fold(const char *fold, Py_ssize_t size) {
    for (int i = 0; size == 256 && i < 256; i++)
        if ((fold[i] == SYMBOL_END) != (i == SYMBOL_END) || ((uint8_t)fold[i] == SYMBOL_ANY) != (i == SYMBOL_ANY))
            size = 0;
    if (size == 256)
        return 0;
    PyErr_SetString(PyExc_ValueError, "fold must be 256 bytes, with 0 and 255 in classes of their own");
    return -1;
}

PyObject *index_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"fold", "memory", "rows", NULL};
    const char *fold;
    Py_ssize_t size, rows = DEFAULT_ROWS;
    PyObject *memory = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#|$On", names, &fold, &size, &memory, &rows) ||
        parse_fold(fold, size) < 0 || parse_rows(rows) < 0)
        return NULL;
    Index *self = (Index *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    Py_ssize_t least = (Py_ssize_t)index_memory_size((size_t)rows);
    if (memory != Py_None && view_memory(memory, &self->memory, 1, least, PAGE_ALIGNMENT) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    if (!(self->index = index_create(self->memory.buf, (size_t)rows, (const uint8_t *)fold))) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

PyObject *index_attach_method(PyTypeObject *type, PyObject *memory) {
    Index *self = (Index *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    bool there = false;
    if (view_memory(memory, &self->memory, 0, 0, PAGE_ALIGNMENT) == 0) {
        self->index = index_attach(self->memory.buf, (size_t)self->memory.len, &there);
        if (self->index)
            return (PyObject *)self;
        if (there)
            PyErr_NoMemory();
        else
            PyErr_SetString(PyExc_ValueError, "the memory holds no index, or not all of it");
    }
    Py_DECREF(self);
    return NULL;
}

PyObject *index_memory_size_method(PyObject *Py_UNUSED(type), PyObject *number) {
    Py_ssize_t rows = PyLong_AsSsize_t(number);
    if ((rows == -1 && PyErr_Occurred()) || parse_rows(rows) < 0)
        return NULL;
    return PyLong_FromSize_t(index_memory_size((size_t)rows));
}

int writable(const Index *self) {
    if (!index_attached(self->index))
        return 1;
    PyErr_SetString(PyExc_TypeError, "an attached index can be searched only; change it where it was made");
    return 0;
}

PyObject *index_save_method(Index *self, PyObject *path) {
    PyObject *bytes;
    if (!writable(self) || !PyUnicode_FSConverter(path, &bytes))
        return NULL;
    bool done;
    Py_BEGIN_ALLOW_THREADS;
    done = index_save(self->index, PyBytes_AS_STRING(bytes));
    Py_END_ALLOW_THREADS;
    Py_DECREF(bytes);
    return done ? Py_NewRef(Py_None) : PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
}

PyObject *index_open_method(PyTypeObject *type, PyObject *args) {
    PyObject *path, *bytes;
    const char *fold;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "Oy#", &path, &fold, &size) || parse_fold(fold, size) < 0 ||
        !PyUnicode_FSConverter(path, &bytes))
        return NULL;
    Index *self = (Index *)type->tp_alloc(type, 0);
    if (self) {
        Py_BEGIN_ALLOW_THREADS;
        self->index = index_open(PyBytes_AS_STRING(bytes), (const uint8_t *)fold);
        Py_END_ALLOW_THREADS;
        if (!self->index) {
            if (errno == EINVAL)
                PyErr_Format(PyExc_ValueError,
                             "%S holds no index of this version and fold, or not as it was written; save it anew",
                             path);
            else
                PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
            Py_CLEAR(self);
        }
    }
    Py_DECREF(bytes);
    return (PyObject *)self;
}
