// The type Index.
#include "module.h"

#include "alphabet.h"
#include "index.h"

// Set by tp_new and never changed, so that calls which have let go of the GIL can rely on it.
typedef struct {
    PyObject_HEAD struct index *index;
    Py_buffer memory; // the caller's, if any
} Index;

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

static PyObject *index_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
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

static PyObject *index_attach_method(PyTypeObject *type, PyObject *memory) {
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

static PyObject *index_memory_size_method(PyObject *Py_UNUSED(type), PyObject *number) {
    Py_ssize_t rows = PyLong_AsSsize_t(number);
    if ((rows == -1 && PyErr_Occurred()) || parse_rows(rows) < 0)
        return NULL;
    return PyLong_FromSize_t(index_memory_size((size_t)rows));
}

static void index_dealloc(Index *self) {
    PyTypeObject *type = Py_TYPE(self);
    if (self->index)
        index_destroy(self->index);
    PyBuffer_Release(&self->memory);
    type->tp_free(self);
    Py_DECREF(type);
}

// Whether the index may be changed here.
static int writable(const Index *self) {
    if (!index_attached(self->index))
        return 1;
    PyErr_SetString(PyExc_TypeError, "an attached index can be searched only; change it where it was made");
    return 0;
}

static PyObject *no_room(const Index *self) {
    return PyErr_Format(PyExc_MemoryError, "the index has %zu rows and no room for more", index_size(self->index));
}

static PyObject *index_build_method(Index *self, PyObject *args) {
    PyObject *codes, *ids;
    Py_buffer codes_view, ids_view;
    Py_ssize_t n = -1;
    if (!writable(self) || !PyArg_ParseTuple(args, "OO", &codes, &ids) ||
        view(codes, &codes_view, "codes", "B", PLATE_SYMBOLS, &n) < 0)
        return NULL;
    PyObject *result = NULL;
    if (view(ids, &ids_view, "ids", "I", 1, &n) == 0) {
        bool done;
        Py_BEGIN_ALLOW_THREADS;
        done = index_build(self->index, codes_view.buf, ids_view.buf, (size_t)n);
        Py_END_ALLOW_THREADS;
        result = done ? Py_NewRef(Py_None) : no_room(self);
        PyBuffer_Release(&ids_view);
    }
    PyBuffer_Release(&codes_view);
    return result;
}

static int parse_row(PyObject *args, const uint8_t **codes, uint32_t *id) {
    const char *bytes;
    Py_ssize_t size;
    PyObject *number;
    if (!PyArg_ParseTuple(args, "y#O", &bytes, &size, &number))
        return -1;
    if (size != PLATE_SYMBOLS) {
        PyErr_Format(PyExc_ValueError, "codes must be %d bytes, not %zd", PLATE_SYMBOLS, size);
        return -1;
    }
    unsigned long value = PyLong_AsUnsignedLong(number);
    if (value == (unsigned long)-1 && PyErr_Occurred())
        return -1;
    if (value > UINT32_MAX) {
        PyErr_Format(PyExc_OverflowError, "id %lu does not fit 32 bits", value);
        return -1;
    }
    *codes = (const uint8_t *)bytes;
    *id = (uint32_t)value;
    return 0;
}

static PyObject *index_insert_method(Index *self, PyObject *args) {
    const uint8_t *codes;
    uint32_t id;
    bool done;
    if (!writable(self) || parse_row(args, &codes, &id) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    done = index_insert(self->index, codes, id);
    Py_END_ALLOW_THREADS;
    return done ? Py_NewRef(Py_None) : no_room(self);
}

static PyObject *index_delete_method(Index *self, PyObject *args) {
    const uint8_t *codes;
    uint32_t id;
    bool done;
    if (!writable(self) || parse_row(args, &codes, &id) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    done = index_delete(self->index, codes, id);
    Py_END_ALLOW_THREADS;
    return PyBool_FromLong(done);
}

static PyObject *found_arrays(const struct found *found) {
    PyObject *reads = array_of("i4", found->reads, found->n, sizeof *found->reads);
    PyObject *ids = reads ? array_of("u4", found->ids, found->n, sizeof *found->ids) : NULL;
    PyObject *result = ids ? PyTuple_Pack(2, reads, ids) : NULL;
    Py_XDECREF(reads);
    Py_XDECREF(ids);
    return result;
}

static PyObject *index_search_method(Index *self, PyObject *args) {
    PyObject *codes, *lengths;
    Py_buffer codes_view, lengths_view;
    Py_ssize_t m = -1;
    if (!PyArg_ParseTuple(args, "OO", &codes, &lengths) ||
        view(codes, &codes_view, "codes", "B", PLATE_SYMBOLS, &m) < 0)
        return NULL;
    PyObject *result = NULL;
    if (view(lengths, &lengths_view, "lengths", "i", 1, &m) == 0) {
        struct found found = {0};
        enum outcome outcome;
        Py_BEGIN_ALLOW_THREADS;
        outcome = index_search(self->index, codes_view.buf, lengths_view.buf, (size_t)m, &found);
        Py_END_ALLOW_THREADS;
        if (outcome == COMPLETE)
            result = found_arrays(&found);
        else if (outcome == NO_MEMORY)
            PyErr_NoMemory();
        else
            PyErr_SetString(PyExc_TimeoutError, "the index is being changed without end, or who changed it has died");
        free(found.reads);
        free(found.ids);
        PyBuffer_Release(&lengths_view);
    }
    PyBuffer_Release(&codes_view);
    return result;
}

static PyObject *index_room_method(Index *self, PyObject *Py_UNUSED(unused)) {
    return PyLong_FromSize_t(index_room(self->index));
}

static Py_ssize_t index_length(Index *self) {
    return (Py_ssize_t)index_size(self->index);
}

static PyMethodDef index_methods[] = {
    {"memory_size", index_memory_size_method, METH_O | METH_STATIC, "memory_size(rows): bytes for so many rows"},
    {"attach", (PyCFunction)index_attach_method, METH_O | METH_CLASS, "attach(memory): the index that is there"},
    {"build", (PyCFunction)index_build_method, METH_VARARGS, "build(codes, ids): replace all rows"},
    {"insert", (PyCFunction)index_insert_method, METH_VARARGS, "insert(codes, id): add a row"},
    {"delete", (PyCFunction)index_delete_method, METH_VARARGS, "delete(codes, id): whether there was such a row"},
    {"search", (PyCFunction)index_search_method, METH_VARARGS, "search(codes, lengths): pairs (reads, ids)"},
    {"room", (PyCFunction)index_room_method, METH_NOARGS, "room(): how many more rows fit"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot index_slots[] = {
    {Py_tp_new, index_new},
    {Py_tp_dealloc, index_dealloc},
    {Py_tp_methods, index_methods},
    {Py_sq_length, index_length},
    {Py_tp_doc, "The live index of listed plates."},
    {0, NULL},
};

PyType_Spec index_spec = {
    .name = "platematch._native.Index",
    .basicsize = sizeof(Index),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = index_slots,
};
