#include "module_rows.h"

int parse_row(Py_ssize_t size, PyObject *number, uint32_t *id) {
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
    *id = (uint32_t)value;
    return 0;
}

PyObject *told(const struct index *index, enum change change, long long id) {
    size_t rows = index_rows(index);
    if (change == CHANGED)
        return Py_NewRef(Py_None);
    if (change == FULL)
        return PyErr_Format(PyExc_MemoryError, "the index has %zu rows and no room for more", index_size(index));
    if (change == BEYOND && id < 0)
        return PyErr_Format(PyExc_ValueError, "an id is not below %zu, the number of the index's rows", rows);
    if (change == BEYOND)
        return PyErr_Format(PyExc_ValueError, "id %lld is not below %zu, the number of the index's rows", id, rows);
    if (change == TAKEN && id < 0)
        return PyErr_Format(PyExc_ValueError, "an id is there twice; each row needs its own");
    if (change == TAKEN)
        return PyErr_Format(PyExc_ValueError, "id %lld has a row of another plate or reach; delete that first", id);
    return PyErr_NoMemory();
}

int parse_reach(unsigned errors, unsigned missing_ends, struct reach *reach) {
    *reach = (struct reach){.errors = (uint8_t)errors, .ends = (uint8_t)missing_ends};
    if (errors >= 1 && errors <= MOST_ERRORS && missing_ends <= MOST_ENDS)
        return 0;
    PyErr_Format(PyExc_ValueError, "a row reaches 1 or 2 errors and 0 to 2 missing ends, not %u and %u", errors,
                 missing_ends);
    return -1;
}

int view_reaches(PyObject *reaches, Py_buffer *buffer, Py_ssize_t n) {
    *buffer = (Py_buffer){0};
    if (reaches == Py_None)
        return 0;
    if (view(reaches, buffer, "reaches", "B", 2, &n) < 0)
        return -1;
    const struct reach *items = buffer->buf;
    struct reach sound;
    for (Py_ssize_t i = 0; i < n; i++)
        if (parse_reach(items[i].errors, items[i].ends, &sound) < 0) {
            PyBuffer_Release(buffer);
            return -1;
        }
    return 0;
}

PyObject *found_arrays(const struct found *found) {
    PyObject *reads = array_of("i4", found->reads, found->n, sizeof *found->reads);
    PyObject *ids = reads ? array_of("u4", found->ids, found->n, sizeof *found->ids) : NULL;
    PyObject *result = ids ? PyTuple_Pack(2, reads, ids) : NULL;
    Py_XDECREF(reads);
    Py_XDECREF(ids);
    return result;
}
